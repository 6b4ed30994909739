/** The chosen layer: its fields, what can be done with it, and why its numbers are what they are. */
import type { Layer, Row } from "../engine/layers";
import { drawEquation } from "../views/arithmetic";
import { button } from "../views/button";
import { type View, fill, h } from "../views/dom";
import { factors } from "../views/factors";
import { numberField } from "../views/numberField";
import { segmented } from "../views/segmented";
import { select } from "../views/select";
import { toggle } from "../views/toggle";
import { t, wholeNumber } from "../words";
import { MOST } from "./architecture_state";
import { aboutText, byText, className, parameterFactors, problemText, sizeEquations, workFactors } from "./layer_facts";

export interface LayerEditorProps {
  /** Null for the input. */
  row: Row | null;
  index: number;
  count: number;
  input: readonly number[];
  blank: boolean;
  /** The row's numbers are the learner's to find. */
  covered: boolean;
  locked: boolean;
  /** Whether the row can be blanked. */
  blanks: { locked: boolean; hidden: boolean };
}

export interface LayerEditorOptions {
  onChange(layer: Layer): void;
  onInput(shape: number[]): void;
  onMove(to: number): void;
  onDuplicate(): void;
  onDelete(): void;
  onBlank(blank: boolean): void;
}

type Field = { el: HTMLElement; follow(props: LayerEditorProps): void; destroy(): void };

export function layerEditor(options: LayerEditorOptions) {
  const title = h("h4", { class: "cw-editor-title" });
  const fields = h("div", { class: "cw-editor-fields" });
  const problem = h("p", { class: "cw-editor-problem", role: "status" });
  const about = h("div", { class: "cw-editor-about" });
  const size = h("div", { class: "cw-editor-size" });
  const parameters = factors();
  const work = factors();
  const numbers = h("div", { class: "cw-editor-numbers" }, size, parameters.el, work.el);
  let props: LayerEditorProps | null = null;
  let built = "";
  let made: Field[] = [];

  const act = (label: string, icon: "up" | "down" | "copy" | "bin", onClick: () => void) =>
    button({ label, icon, iconOnly: true, onClick });
  const up = act(t("layer.up"), "up", () => options.onMove((props?.index ?? 0) - 1));
  const down = act(t("layer.down"), "down", () => options.onMove((props?.index ?? 0) + 1));
  const copy = act(t("layer.duplicate"), "copy", () => options.onDuplicate());
  const bin = act(t("layer.delete"), "bin", () => options.onDelete());
  const blank = button({ label: t("layer.blank"), icon: "question", onClick: () => options.onBlank(!props?.blank) });
  const actions = h("div", { class: "cw-editor-actions" }, up.el, down.el, copy.el, bin.el, blank.el);
  const el = h("section", { class: "cw-editor", "aria-label": t("layers.layer") }, h("div", { class: "cw-editor-head" }, title, actions), fields, problem, about, numbers);

  const change = (patch: Partial<Layer>) => {
    if (props?.row) options.onChange({ ...props.row.layer, ...patch });
  };

  return {
    el,
    update(next: LayerEditorProps) {
      props = next;
      const { row, index, count, locked } = next;
      const key = row ? row.layer.kind : `input ${next.input.length}`;
      if (key !== built) {
        for (const one of made) one.destroy();
        made = row ? layerFields(row.layer, change) : inputFields(next.input, options.onInput);
        fill(fields, made.map((one) => one.el));
        built = key;
      }
      for (const one of made) one.follow(next);
      title.textContent = row ? `${row.name} (${className(row)})` : t("layers.input");
      actions.hidden = row === null;
      up.update({ disabled: index <= 0, locked });
      down.update({ disabled: index >= count - 1, locked });
      copy.update({ disabled: count >= MOST.layers, locked });
      bin.update({ locked });
      blank.update({ ...next.blanks, pressed: next.blank, disabled: row !== null && row.rule !== "" });
      problem.textContent = row ? problemText(row) : "";
      problem.hidden = !problem.textContent;
      fill(about, row ? aboutText(row).map((text) => h("p", null, text)) : []);
      numbers.hidden = row === null || row.rule !== "" || next.covered;
      if (!row || numbers.hidden) return;
      fill(size, sizeEquations(row).map(drawEquation), fieldLine(row));
      parameters.update({ name: t("network.parameters"), terms: parameterFactors(row) });
      work.update({ name: t("network.work"), terms: workFactors(row) });
      work.el.hidden = row.multiplyAdds === 0;
    },
    destroy() {
      for (const one of [...made, up, down, copy, bin, blank, parameters, work]) one.destroy();
      el.remove();
    },
  };
}

function fieldLine({ reach }: Row): HTMLElement | null {
  if (reach.length === 0) return null;
  const jump = reach[0]?.jump ?? 1;
  const size = byText(reach.map((axis) => axis.size));
  const text =
    jump === 0
      ? t("network.fieldAll", { size })
      : t("network.field", { size, jump, start: [...new Set(reach.map(({ start }) => wholeNumber(start)))].join(", ") });
  return h("p", { class: "cw-editor-field" }, text);
}

function layerFields(layer: Layer, change: (patch: Partial<Layer>) => void): Field[] {
  const made: Field[] = [];
  const count = (label: string, most: number, read: (layer: Layer) => number, write: (value: number, layer: Layer) => Partial<Layer>, least = 1) =>
    made.push(numeric(label, least, most, (props) => read((props.row as Row).layer), (value, props) => change(write(value, (props.row as Row).layer))));
  const each = (sizes: readonly number[] | undefined, value: number) => (sizes ?? [1]).map(() => value);
  if (layer.filters !== undefined) count(t("layer.filters"), MOST.units, (now) => now.filters ?? 1, (filters) => ({ filters }));
  if (layer.units !== undefined) count(t("layer.units"), MOST.units, (now) => now.units ?? 1, (units) => ({ units }));
  if (layer.kernel_size) {
    const names = layer.kernel_size.length === 2 ? [t("layer.kernelRows"), t("layer.kernelColumns")] : [t("layer.kernel")];
    for (const [axis, name] of names.entries()) {
      count(name, MOST.window, (now) => now.kernel_size?.[axis] ?? 1, (value, now) => ({
        kernel_size: (now.kernel_size ?? []).map((old, i) => (i === axis ? value : old)),
      }));
    }
  }
  if (layer.pool_size) {
    count(t("layer.pool"), MOST.window, (now) => now.pool_size?.[0] ?? 1, (value, now) => {
      const follows = String(now.stride) === String(now.pool_size);
      return { pool_size: each(now.pool_size, value), ...(follows && { stride: each(now.stride, value) }) };
    });
  }
  if (layer.stride) count(t("layer.stride"), MOST.window, (now) => now.stride?.[0] ?? 1, (value, now) => ({ stride: each(now.stride, value) }));
  if (layer.dilation) count(t("layer.dilation"), MOST.window, (now) => now.dilation?.[0] ?? 1, (value, now) => ({ dilation: each(now.dilation, value) }));
  if (layer.padding !== undefined) made.push(...paddingFields(change));
  if (layer.rate !== undefined) {
    made.push(numeric(t("layer.rate"), 0, 0.99, (props) => props.row?.layer.rate ?? 0.5, (rate) => change({ rate }), 0.05));
  }
  if (layer.bias !== undefined) {
    const view = toggle({ label: t("layer.bias"), value: layer.bias, onChange: (bias) => change({ bias }) });
    made.push(followed(view, ({ row, locked }) => view.update({ value: row?.layer.bias ?? true, locked })));
  }
  return made;
}

function paddingFields(change: (patch: Partial<Layer>) => void): Field[] {
  const kinds = ["valid", "same", "cells"] as const;
  const kindOf = ({ row }: LayerEditorProps) => (typeof row?.layer.padding === "number" ? "cells" : (row?.layer.padding ?? "valid"));
  const kind = select<(typeof kinds)[number]>({
    label: t("layer.padding"),
    options: kinds.map((value) => ({ value, label: t(`layer.pad.${value}`) })),
    value: "valid",
    onChange: (value) => change({ padding: value === "cells" ? 1 : value }),
  });
  const cells = numeric(t("layer.cells"), 0, MOST.window, ({ row }) => Number(row?.layer.padding) || 0, (padding) => change({ padding }));
  return [
    followed(kind, (props) => kind.update({ value: kindOf(props), locked: props.locked })),
    {
      ...cells,
      follow(props) {
        cells.el.classList.toggle("cw-absent", kindOf(props) !== "cells");
        cells.follow(props);
      },
    },
  ];
}

function inputFields(input: readonly number[], onInput: (shape: number[]) => void): Field[] {
  const names = [
    [t("layer.features")],
    [t("layer.length"), t("layer.channels")],
    [t("layer.inputRows"), t("layer.inputColumns"), t("layer.channels")],
  ][input.length - 1] as string[];
  const kinds = { "3": t("layer.inputPicture"), "2": t("layer.inputSignal"), "1": t("layer.inputList") };
  const starts: Record<string, number[]> = { "3": [28, 28, 1], "2": [100, 1], "1": [784] };
  const kind = segmented<string>({
    label: t("layer.inputKind"),
    options: ["3", "2", "1"].map((value) => ({ value, label: kinds[value as "1"] })),
    value: String(input.length),
    onChange: (value) => onInput(starts[value] as number[]),
  });
  return [
    followed(kind, ({ locked }) => kind.update({ locked })),
    ...names.map((name, axis) =>
      numeric(
        name,
        1,
        MOST.side,
        (props) => props.input[axis] ?? 1,
        (value, props) => onInput(props.input.map((old, i) => (i === axis ? value : old))),
      ),
    ),
  ];
}

function numeric(label: string, min: number, max: number, read: (props: LayerEditorProps) => number, write: (value: number, props: LayerEditorProps) => void, step = 1): Field {
  let latest: LayerEditorProps | null = null;
  const view = numberField({
    label,
    value: min,
    min,
    max,
    step,
    whole: step === 1,
    onCommit: (value) => {
      if (latest && read(latest) !== value) write(value, latest);
    },
  });
  return followed(view, (props) => {
    latest = props;
    view.update({ value: read(props), locked: props.locked });
  });
}

function followed(view: Pick<View<never>, "el" | "destroy">, follow: (props: LayerEditorProps) => void): Field {
  return { el: view.el, follow, destroy: () => view.destroy() };
}
