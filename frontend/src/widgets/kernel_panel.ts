/** The kernel with its gallery, its editor, what can be done to it and what is known of it. */
import { button } from "../views/controls";
import type { Cell } from "../views/cellGrid";
import { type Child, fill, h, setText, uid } from "../views/dom";
import { formatNumber } from "../views/format";
import { KERNEL_LIMIT, kernelEditor } from "../views/kernelEditor";
import { numberInput } from "../views/numberInput";
import { picker } from "../views/picker";
import { colourOf, css, readTheme } from "../views/theme";
import { t } from "../words";
import {
  type GalleryKernel,
  type KernelState,
  type Matrix,
  flipped,
  gallery,
  galleryKernel,
  kernelFacts,
  kernelState,
  matrices,
  normalised,
  resized,
  rotated,
  transposed,
} from "./kernels";

export interface KernelPanelOptions {
  onKernel(kernel: KernelState, settled: boolean): void;
  /** One weight was given another value other than by a drag; the channel where there are several. */
  onAlter(weight: Cell, value: number, channel: number | null): void;
  onHover(weight: Cell | null): void;
  /** A tab of a channel was chosen. */
  onChannel(channel: number): void;
}

export interface KernelPanelProps {
  kernel: KernelState;
  flip: boolean;
  /** The least and the greatest value of the input. */
  reach: [number, number];
  /** How many matrices a kernel may have here: three on a colour picture whose channels are added. */
  channels: 1 | 3;
  /** Whose matrix is shown where there is one for each. */
  channel: number;
  highlight: Cell | null;
  locked: boolean;
}

export interface KernelPanelView {
  el: HTMLElement;
  update(props: KernelPanelProps): void;
  destroy(): void;
}

export function kernelPanel({ onKernel, onAlter, onHover, onChannel }: KernelPanelOptions): KernelPanelView {
  let props: KernelPanelProps | null = null;
  const editor = kernelEditor({
    onChange: (planes, done) => onKernel(kernelState(planes), done),
    onAlter: (cell, value) => {
      if (props) onAlter(cell, value, matrices(props.kernel).length > 1 ? props.channel : null);
    },
    onHover: (cell) => onHover(cell),
    onChannel,
  });
  const shape = h("span", { class: "cw-shape" });
  const facts = h("div", { class: "cw-facts" });
  const text = h("p", { class: "cw-kernel-text" });
  const choose = picker({
    label: t("kernel.gallery"),
    hideLabel: true,
    groups: galleryGroups(),
    columns: 2,
    value: null,
    onPick: (name) => onKernel(name, true),
  });
  const change = (key: "flip" | "rotate" | "transpose", apply: (matrix: Matrix) => Matrix) =>
    button({
      label: t(`kernel.${key}`),
      title: t(`kernel.${key}.title`),
      onClick: () => props && onKernel(kernelState(matrices(props.kernel).map(apply)), true),
    });
  const normalise = button({
    label: t("kernel.normalise"),
    title: t("kernel.normalise.title"),
    onClick: () => {
      const planes = props && normalised(matrices(props.kernel));
      if (planes) onKernel(kernelState(planes), true);
    },
  });
  const perChannel = button({
    label: t("kernel.perChannel"),
    title: t("kernel.perChannel.title"),
    onClick: () => {
      if (!props) return;
      const planes = matrices(props.kernel);
      const first = planes[0] as Matrix;
      onKernel(planes.length === 3 ? first : [first, first, first], true);
    },
  });
  const actions = [
    change("flip", flipped),
    change("rotate", rotated),
    change("transpose", transposed),
    normalise,
    perChannel,
  ];
  const sizes = h("span", { class: "cw-kernel-sizes" });
  const problem = h("p", { class: "cw-kernel-message", id: uid("kernel-size"), role: "alert" });
  const side = (axis: 0 | 1) => {
    const name = t(axis ? "kernel.columns" : "kernel.rows");
    const field = numberInput({
      name,
      describedBy: problem.id,
      rule: () => ({ label: name, min: 1, max: KERNEL_LIMIT, whole: true, step: 1 }),
      onCommit(size) {
        if (!props || size === sizeOf(props.kernel)[axis]) return;
        const [height, width] = sizeOf(props.kernel);
        const planes = matrices(props.kernel).map((plane) =>
          resized(plane, axis ? height : size, axis ? size : width),
        );
        onKernel(kernelState(planes), true);
      },
      onProblem: (text) => setText(problem, text ?? ""),
    });
    field.el.classList.add("cw-side");
    return field;
  };
  const fields = [side(0), side(1)] as const;
  sizes.append(fields[0].el, " × ", fields[1].el);
  const el = h(
    "section",
    { class: "cw-panel cw-panel-kernel", "aria-label": t("role.kernel") },
    h(
      "div",
      { class: "cw-panel-head" },
      h("span", { class: "cw-swatch cw-swatch-kernel", "aria-hidden": "true" }),
      h("span", { class: "cw-panel-title" }, t("role.kernel")),
      sizes,
      shape,
      h("span", { class: "cw-spacer" }),
      choose.el,
    ),
    problem,
    editor.el,
    facts,
    h("div", { class: "cw-kernel-actions" }, ...actions.map((action) => action.el)),
    text,
  );

  const show = (next: KernelPanelProps) => {
    if (next.kernel !== props?.kernel) setText(problem, "");
    props = next;
    const planes = matrices(next.kernel);
    const preset = galleryKernel(next.kernel);
    const [height, width] = sizeOf(next.kernel);
    for (const [field, size] of [[fields[0], height], [fields[1], width]] as const) {
      field.setValue(size);
      field.setUsable(!next.locked);
    }
    setText(shape, planes.length === 3 ? "× 3" : "");
    editor.update({
      planes,
      flipped: next.flip,
      highlight: next.highlight,
      channel: Math.min(next.channel, planes.length - 1),
      locked: next.locked,
    });
    choose.update({
      value: preset?.name ?? null,
      text: preset?.title ?? t("kernel.custom"),
      disabled: next.locked,
    });
    fill(facts, ...badges(next, planes));
    setText(text, preset?.text ?? t("kernel.custom.text"));
    for (const action of actions) action.update({ disabled: next.locked });
    normalise.update({ disabled: next.locked || normalised(planes) === null });
    perChannel.update({ label: t(planes.length === 3 ? "kernel.oneForAll" : "kernel.perChannel") });
    perChannel.el.hidden = next.channels === 1 && planes.length === 1;
  };

  return {
    el,
    update: show,
    destroy() {
      editor.destroy();
      choose.destroy();
      for (const action of actions) action.destroy();
    },
  };
}

function badges({ reach }: KernelPanelProps, planes: Matrix[]): Child[] {
  const facts = kernelFacts(planes, reach[0], reach[1]);
  const sum = Math.abs(facts.sum) < 1e-9 ? 0 : facts.sum;
  const badge = (text: string, title: string) => h("span", { class: "cw-fact", title }, text);
  const [low, high] = facts.reach;
  const short = (value: number) => formatNumber(value, { room: 5 });
  const range = Math.abs(low + high) < 1e-9 * high ? `±${short(high)}` : `${short(low)} … ${short(high)}`;
  return [
    badge(t("fact.sum", { sum: formatNumber(sum) }), t("fact.sum.title")),
    facts.rank !== null &&
      badge(
        t(facts.rank === 1 ? "fact.separable" : "fact.rank", { rank: facts.rank }),
        t(facts.rank === 1 ? "fact.separable.title" : "fact.rank.title"),
      ),
    badge(t("fact.range", { range }), t("fact.range.title")),
  ];
}

function sizeOf(kernel: KernelState): [number, number] {
  const [matrix = []] = matrices(kernel);
  return [matrix.length, matrix[0]?.length ?? 0];
}

function galleryGroups() {
  const groups = new Map<string, GalleryKernel[]>();
  for (const kernel of gallery) groups.set(kernel.group, [...(groups.get(kernel.group) ?? []), kernel]);
  return [...groups].map(([label, kernels]) => ({
    label,
    items: kernels.map((kernel) => ({
      value: kernel.name,
      label: kernel.title,
      thumb: (canvas: HTMLCanvasElement) => paintThumb(canvas, kernel.values),
    })),
  }));
}

/** The weights of a kernel as a small picture, the canvas filled by square cells. */
export function paintThumb(canvas: HTMLCanvasElement, values: Matrix): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { dark } = readTheme(canvas.parentElement ?? document.body);
  const reach = Math.max(...values.flat().map(Math.abs)) || 1;
  const side = canvas.width / Math.max(values.length, values[0]?.length ?? 1);
  const [top, left] = [values.length, values[0]?.length ?? 1].map((count) => (canvas.width - side * count) / 2);
  for (const [i, row] of values.entries()) {
    for (const [j, value] of row.entries()) {
      context.fillStyle = css(colourOf(value, { kind: "signed", low: -reach, high: reach }, dark));
      context.fillRect((left as number) + j * side, (top as number) + i * side, side, side);
    }
  }
}
