/** The backward pass: what went forward above, the gradient of each below it, in the same shape. */
import { windowOf } from "../engine/geometry";
import type { Maps } from "../engine/types";
import { arithmetic, spokenSentence } from "../views/arithmetic";
import type { ArithmeticProps } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import { h, setAttribute, setText } from "../views/dom";
import type { Role, Scale } from "../views/theme";
import { t } from "../words";
import { shapeText, valueIn } from "./comparison";
import { gradientLens } from "./gradient_lens";
import { inputPicker, kernelPicker, lossPicker } from "./gradient_pickers";
import { type GradientState, type Loss, type Which, operationOf, refitted } from "./gradient_state";
import { type GradientSum, type Pass, type Places, checkText, gradientSize, gradientSum, tellingOf } from "./gradient_sums";
import type { Hands } from "./control_list";
import { type MapPanelProps, mapPanel } from "./map_panel";
import { extent, inputScale, numberText, outputScale } from "./scales";

export interface Chosen {
  which: Which;
  cell: Cell;
}

export interface BackwardOptions {
  hands: Hands<GradientState>;
  /** The pointer is on a cell of a gradient, or left. */
  onPoint(chosen: Chosen | null): void;
  onChoose(chosen: Chosen): void;
  repaint(): void;
}

export interface BackwardMoment extends Pass {
  state: GradientState;
  chosen: Chosen;
  /** How many cells of the chosen gradient are filled in; null: all. */
  filled: number | null;
}

export function backwardView({ hands, onPoint, onChoose, repaint }: BackwardOptions) {
  const format = numberText(1, 5);
  /** The term of the sum that the pointer is on. */
  let pointed: number | null = null;
  /** The output that the pointer is on: its gradient is what flows back from there. */
  let source: Cell | null = null;
  let now: BackwardMoment | null = null;

  const image = inputPicker((name) => change({ image: name }));
  const kernel = kernelPicker((name) => change({ kernel: name }), false);
  const loss = lossPicker((chosen) => change({ upstream: chosen ?? numbersOf(now?.result.upstream ?? null) }));
  const change = (patch: Partial<GradientState>) => {
    hands.settle();
    hands.set(refitted(patch as Partial<GradientState>, hands.state()) as Partial<GradientState>);
  };
  /** Types a number into one cell of a matrix. */
  const edit = (key: "image" | "kernel" | "upstream") => ([row, column]: Cell, value: number) => {
    const { input, kernel: weights, upstream } = now?.result ?? {};
    const rows = numbersOf((key === "image" ? input : key === "upstream" ? upstream : weights) ?? null);
    const line = rows[row];
    if (!line) return;
    line[column] = value;
    hands.settle();
    hands.set({ [key]: rows } as Partial<GradientState>);
  };
  const own = { clickEdits: true };
  const panels = {
    input: mapPanel({ role: "input", title: t("gradient.x"), tools: [image.el], onEdit: edit("image"), ...own }),
    kernel: mapPanel({ role: "kernel", title: t("gradient.w"), tools: [kernel.el], onEdit: edit("kernel"), ...own }),
    output: mapPanel({ role: "output", title: t("gradient.y"), onHover: from }),
    gradInput: mapPanel({ role: "gradient", title: "∂L/∂X", ...events("input") }),
    gradWeight: mapPanel({ role: "gradient", title: "∂L/∂W", ...events("weight") }),
    gradBias: mapPanel({ role: "gradient", title: "∂L/∂b", ...events("bias") }),
    upstream: mapPanel({ role: "gradient", title: "∂L/∂Y", tools: [loss.el], onEdit: edit("upstream"), onHover: from, ...own }),
  };
  const sum = arithmetic({
    onTerm(index) {
      pointed = index;
      repaint();
    },
  });
  const lens = gradientLens();
  const rule = h("p", { class: "cw-grad-rule" });
  const check = h("p", { class: "cw-grad-check" });
  const middle = h("div", { class: "cw-grad-weights" }, panels.gradWeight.el, panels.gradBias.el);
  const grid = h(
    "div",
    { class: "cw-grad-grid" },
    h("p", { class: "cw-grad-way cw-grad-forward" }, t("gradient.forward")),
    panels.input.el,
    panels.kernel.el,
    panels.output.el,
    h("p", { class: "cw-grad-way cw-grad-back" }, t("gradient.back")),
    panels.gradInput.el,
    middle,
    panels.upstream.el,
  );
  for (const part of [panels.gradInput.el, middle]) part.dataset["answers"] = "cell route";
  const told = h("div", { class: "cw-grad-told", "data-answers": "cell route" }, sum.el, rule, check);
  const explain = h("div", { class: "cw-explain cw-grad-explain" }, lens.el, told);
  lens.el.dataset["answers"] = "cell route";

  function events(which: Which) {
    return {
      onHover: (cell: Cell | null) => onPoint(cell && { which, cell }),
      onPick: (cell: Cell) => onChoose({ which, cell }),
      onMove: (cell: Cell) => onChoose({ which, cell }),
    };
  }

  function from(cell: Cell | null): void {
    source = cell;
    repaint();
  }

  const propsOf = (at: BackwardMoment): ArithmeticProps => {
    const found = gradientSum(at.chosen.which, at.chosen.cell, at);
    return {
      sum: {
        kind: "convolution",
        terms: [found.terms],
        bias: 0,
        feature: found.result,
        position: found.cell,
        reads: found.parts.upstream,
      },
      size: null,
      telling: tellingOf(found, at),
    };
  };

  const paintMaps = (at: BackwardMoment, found: GradientSum) => {
    const { state, settings, sizes, result, chosen } = at;
    const { parts } = found;
    const places: Places | null = pointed === null ? null : (found.places[pointed] ?? null);
    const locks = (key: string) => ({ locked: state.locked.includes(key) });
    const lit = (region: Region | null) => region && { ...region, role: "gradient" as Role };
    const read = (region: Region | null) => region && { ...region, role: "kernel" as Role };
    const pad = settings.padding;
    const show = (panel: ReturnType<typeof mapPanel>, maps: Maps, scale: Scale, more: Partial<MapPanelProps> = {}) =>
      panel.update({ maps, scale, shape: shapeText(maps), value: valueIn(maps, 0), format, ...more });
    const flow = flowOf(source ?? (result.kernel ? null : (places?.upstream ?? null)), at);
    show(panels.input, result.input, inputScale(result.input, "float32"), {
      pad: [pad, pad, pad, pad],
      value: (row, column) => inside(result.input, row, column),
      window: flow ? read(flow.reads) : lit(parts.input),
      highlight: lit(single(places?.input ?? null)),
      ...locks("image"),
    });
    show(panels.output, result.output, outputScale(result.output, "auto", 1).scale, {
      window: lit(source ? single(source) : parts.upstream),
      highlight: lit(single(places?.upstream ?? null)),
    });
    show(panels.upstream, result.upstream, signed(result.upstream), {
      window: lit(source ? single(source) : parts.upstream),
      highlight: lit(single(places?.upstream ?? null)),
      ...locks("upstream"),
    });
    const marker = (which: Which) => (chosen.which === which ? chosen.cell : null);
    const filled = (which: Which) => (chosen.which === which ? at.filled : null);
    show(panels.gradInput, result.gradients.input, signed(result.gradients.input), {
      marker: marker("input"),
      filled: filled("input"),
      window: lit(flow?.feeds ?? null),
      note: t("gradient.ofInput"),
    });
    const { weight, bias } = result.gradients;
    if (!result.kernel || !weight || bias === null) return;
    const weights: Maps = { data: result.kernel.data, channels: 1, height: sizes.window[0], width: sizes.window[1] };
    show(panels.kernel, weights, signed(weights), {
      window: lit(source ? null : parts.kernel),
      highlight: lit(single(places?.kernel ?? null)),
      ...locks("kernel"),
    });
    show(panels.gradWeight, weight, signed(weight), {
      marker: marker("weight"),
      filled: filled("weight"),
      note: t("gradient.ofWeight"),
    });
    const only: Maps = { data: Float32Array.of(bias), channels: 1, height: 1, width: 1 };
    show(panels.gradBias, only, signed(only), { shape: "", marker: marker("bias"), note: t("gradient.ofBias") });
  };

  const paintCheck = (at: BackwardMoment, found: GradientSum) => {
    const { gradients, numeric } = at.result;
    const maps = { input: gradients.input.data, weight: gradients.weight?.data ?? [], bias: [gradients.bias ?? 0] };
    const tried = { input: numeric.input, weight: numeric.weight ?? [], bias: [numeric.bias ?? 0] };
    const { which, cell } = at.chosen;
    const place = cell[0] * gradientSize(which, at.sizes)[1] + cell[1];
    setText(check, checkText(found, maps[which], tried[which], place, at.settings));
  };

  return {
    el: h("div", { class: "cw-grad" }, grid, explain),
    grid,
    sentence: (at: BackwardMoment) => spokenSentence(propsOf(at)),
    /** The sum that is shown, for what is asked about it. */
    sumOf: (at: BackwardMoment) => gradientSum(at.chosen.which, at.chosen.cell, at),
    update(at: BackwardMoment) {
      now = at;
      const { state, chosen } = at;
      const operation = operationOf(at.settings);
      const convolved = operation === "convolution";
      const found = gradientSum(chosen.which, chosen.cell, at);
      setAttribute(grid, "data-operation", operation);
      lens.el.hidden = !convolved;
      paintMaps(at, found);
      sum.update(propsOf(at));
      if (convolved) lens.update(found, at, numberText(1, 4));
      setText(rule, t(`gradient.rule.${convolved ? chosen.which : operation}` as "gradient.rule.max"));
      paintCheck(at, found);
      const locks = (key: string) => ({ hidden: state.hidden.includes(key), locked: state.locked.includes(key) });
      image.update({ image: state.image, seed: state.seed, ...locks("image") });
      kernel.update({ kernel: state.kernel, secret: false, ...locks("kernel") });
      loss.update({ upstream: state.upstream as Loss, ...locks("upstream") });
    },
    /** The chosen gradient as a drawing. */
    toSVG: (which: Which) =>
      (which === "input" ? panels.gradInput : which === "weight" ? panels.gradWeight : panels.gradBias).toSVG(),
    destroy() {
      for (const part of [...Object.values(panels), sum, lens, image, kernel, loss]) part.destroy();
    },
  };
}

/** What an output read, and the inputs that its gradient flows back to. */
function flowOf(source: Cell | null, { settings, sizes, result }: Pass): { reads: Region; feeds: Region } | null {
  if (!source) return null;
  const { stride, padding, dilation } = settings;
  const axis = (at: 0 | 1) => windowOf(source[at], sizes.window[at], stride, padding, dilation);
  const reads = { rows: axis(0), columns: axis(1) };
  const winner = result.index?.[source[0] * result.output.width + source[1]];
  if (winner === undefined) return { reads, feeds: reads };
  const { width } = result.input;
  return { reads, feeds: { rows: [Math.floor(winner / width)], columns: [winner % width] } };
}

function inside({ data, height, width }: Maps, row: number, column: number): number {
  const there = row >= 0 && column >= 0 && row < height && column < width;
  return there ? (data[row * width + column] as number) : 0;
}

function single(cell: Cell | null): Region | null {
  return cell && { rows: [cell[0]], columns: [cell[1]] };
}

function signed(maps: Maps): Scale {
  const [low, high] = extent(maps);
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return { kind: "signed", low: -reach, high: reach };
}

function numbersOf(maps: { data: Float32Array; height: number; width: number } | null): number[][] {
  if (!maps) return [];
  return Array.from({ length: maps.height }, (_, i) => Array.from(maps.data.subarray(i * maps.width, (i + 1) * maps.width)));
}
