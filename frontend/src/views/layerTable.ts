import { h, listen, setAttribute, setText } from "./dom";
import { icon } from "./icons";
import { t } from "../words";

/** What stands in the place of a number that the learner fills in. */
export interface Blank {
  text: string;
  state: "open" | "right" | "wrong";
  /** What is said of the answer. */
  reply: string;
}

export type BlankColumn = "shape" | "parameters";

export interface LayerRow {
  name: string;
  type: string;
  shape: string;
  parameters: string;
  /** The parameters as the sum of products that they are, told on hovering. */
  formula: string;
  /** Why the layer cannot be. */
  problem: string;
  /** A layer above it has no output. */
  dimmed: boolean;
  shapeBlank: Blank | null;
  parametersBlank: Blank | null;
}

export interface LayerTableProps {
  input: string;
  rows: readonly LayerRow[];
  /** −1 is the input. */
  selected: number;
  totals: readonly { label: string; value: string }[];
  locked: boolean;
}

export interface LayerTableOptions {
  onSelect(index: number): void;
  onMove(from: number, to: number): void;
  onDelete(index: number): void;
  onAnswer(index: number, column: BlankColumn, text: string): void;
}

/** A network as the table that Keras prints; rows are dragged, or moved with arrow keys. */
export function layerTable(options: LayerTableOptions) {
  const body = h("div", { class: "cw-layers-body", role: "rowgroup" });
  const foot = h("div", { class: "cw-layers-foot", role: "rowgroup" });
  const el = h(
    "div",
    { class: "cw-layers", role: "table", "aria-label": t("layers.label") },
    h(
      "div",
      { class: "cw-layers-head cw-layer", role: "row" },
      h("span", { role: "columnheader" }, ""),
      h("span", { role: "columnheader" }, t("layers.layer")),
      h("span", { role: "columnheader" }, t("layers.shape")),
      h("span", { role: "columnheader" }, t("layers.parameters")),
    ),
    body,
    foot,
  );
  const input = inputLine(() => options.onSelect(-1), key);
  body.append(input.el);
  let lines: Line[] = [];
  let props: LayerTableProps | null = null;
  let dragged: { from: number; to: number } | null = null;

  function key(event: KeyboardEvent, index: number): void {
    if (!props || event.ctrlKey || event.metaKey) return;
    const last = props.rows.length - 1;
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step && event.altKey) {
      if (index >= 0) move(index, index + step);
    } else if (step) select(Math.min(Math.max(index + step, -1), last));
    else if (event.key === "Home") select(-1);
    else if (event.key === "End") select(last);
    else if (event.key === "Delete" && index >= 0 && !props.locked) {
      options.onDelete(index);
      requestAnimationFrame(() => select(Math.min(index, (props?.rows.length ?? 0) - 1)));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function select(index: number): void {
    options.onSelect(index);
    (index < 0 ? input.name : lines[index]?.name)?.focus();
  }

  function move(from: number, to: number): void {
    if (!props || props.locked || to < 0 || to >= props.rows.length || to === from) return;
    const onGrip = document.activeElement === lines[from]?.grip;
    options.onMove(from, to);
    requestAnimationFrame(() => (onGrip ? lines[to]?.grip : lines[to]?.name)?.focus());
  }

  let revealed: LayerRow | null = null;
  /** Scrolls the table, never the page, to the row that was chosen. */
  function reveal(): void {
    const line = lines[props?.selected ?? -1]?.el;
    const row = props?.rows[props.selected] ?? null;
    const box = el.parentElement;
    if (!line || !box || box.clientHeight === 0 || revealed?.name === row?.name) return;
    revealed = row;
    const [above, below] = [line.offsetTop - 2 * line.offsetHeight, line.offsetTop + 3 * line.offsetHeight - box.clientHeight];
    if (box.scrollTop > above || box.scrollTop < below) box.scrollTop = Math.max(Math.min(box.scrollTop, above), below);
  }

  /** The place that a dragged row would take where the pointer is. */
  function placeAt(y: number): number {
    const middles = lines.map((line) => {
      const box = line.el.getBoundingClientRect();
      return box.top + box.height / 2;
    });
    const from = dragged?.from ?? 0;
    return middles.filter((middle, i) => i !== from && middle < y).length;
  }

  function showDrop(): void {
    for (const [i, line] of lines.entries()) {
      const at = dragged && dragged.to !== dragged.from ? dragged : null;
      setAttribute(line.el, "data-drop", at?.to === i ? (at.to > at.from ? "after" : "before") : null);
      setAttribute(line.el, "data-dragged", dragged?.from === i);
    }
  }

  function makeLine(index: number): Line {
    const line = layerLine({
      onSelect: () => options.onSelect(index),
      onKey: (event) => key(event, index),
      onAnswer: (column, text) => options.onAnswer(index, column, text),
    });
    listen(line.grip, "keydown", (event) => {
      const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      move(index, index + step);
    });
    listen(line.grip, "pointerdown", (event) => {
      if (props?.locked || event.button !== 0) return;
      line.grip.setPointerCapture(event.pointerId);
      dragged = { from: index, to: index };
      showDrop();
    });
    listen(line.grip, "pointermove", (event) => {
      if (!dragged) return;
      dragged.to = placeAt(event.clientY);
      showDrop();
    });
    const end = (done: boolean) => {
      const last = dragged;
      dragged = null;
      showDrop();
      if (done && last && last.to !== last.from) options.onMove(last.from, last.to);
    };
    listen(line.grip, "pointerup", () => end(true));
    listen(line.grip, "pointercancel", () => end(false));
    return line;
  }

  return {
    el,
    update(next: LayerTableProps) {
      props = next;
      while (lines.length > next.rows.length) lines.pop()?.el.remove();
      while (lines.length < next.rows.length) {
        const line = makeLine(lines.length);
        lines.push(line);
        body.append(line.el);
      }
      input.update(next.input, next.selected === -1);
      for (const [i, row] of next.rows.entries()) lines[i]?.update(row, i === next.selected, next.locked);
      foot.replaceChildren(
        ...next.totals.map(({ label, value }) =>
          h(
            "div",
            { class: "cw-layer cw-layer-total", role: "row" },
            h("span", { role: "rowheader" }, label),
            h("span", { class: "cw-layer-number", role: "cell" }, value),
          ),
        ),
      );
      reveal();
    },
    destroy: () => el.remove(),
  };
}

function inputLine(onSelect: () => void, key: (event: KeyboardEvent, index: number) => void) {
  const text = h("span", { class: "cw-layer-name" });
  const name = h("button", { class: "cw-layer-open", type: "button", onclick: onSelect, onkeydown: (event) => key(event, -1) }, text);
  const shape = h("span", { class: "cw-layer-shape", role: "cell" });
  const el = h(
    "div",
    { class: "cw-layer", role: "row", onclick: onSelect },
    h("span", { role: "cell" }),
    h("span", { class: "cw-layer-cell", role: "rowheader" }, name),
    shape,
    h("span", { class: "cw-layer-number", role: "cell" }, "0"),
  );
  return {
    el,
    name,
    update(sizes: string, selected: boolean) {
      setText(text, t("layers.input"));
      setText(shape, sizes);
      setAttribute(el, "aria-current", selected || null);
    },
  };
}

interface Line {
  el: HTMLElement;
  name: HTMLButtonElement;
  grip: HTMLButtonElement;
  update(row: LayerRow, selected: boolean, locked: boolean): void;
}

function layerLine(events: {
  onSelect(): void;
  onKey(event: KeyboardEvent): void;
  onAnswer(column: BlankColumn, text: string): void;
}): Line {
  const grip = h("button", { class: "cw-layer-grip", type: "button" }, icon("grip"));
  const nameText = h("span", { class: "cw-layer-name" });
  const type = h("span", { class: "cw-layer-type" });
  const name = h("button", { class: "cw-layer-open", type: "button", onkeydown: events.onKey }, nameText, type);
  const shape = valueCell("cw-layer-shape", t("layers.shape"), (text) => events.onAnswer("shape", text));
  const parameters = valueCell("cw-layer-number", t("layers.parameters"), (text) => events.onAnswer("parameters", text));
  const problem = h("div", { class: "cw-layer-problem" });
  const el = h(
    "div",
    {
      class: "cw-layer",
      role: "row",
      onclick: (event) => {
        if (!(event.target as Element).closest(".cw-blank, .cw-layer-grip")) events.onSelect();
      },
    },
    h("span", { role: "cell" }, grip),
    h("span", { class: "cw-layer-cell", role: "rowheader" }, name),
    shape.el,
    parameters.el,
    problem,
  );
  return {
    el,
    name,
    grip,
    update(row, selected, locked) {
      setText(nameText, row.name);
      setText(type, ` (${row.type})`);
      setAttribute(grip, "aria-label", t("layers.grip", { name: row.name }));
      setAttribute(grip, "title", t("layers.gripTitle"));
      setAttribute(grip, "aria-disabled", locked || null);
      shape.update(row.shape, row.shapeBlank, row.name);
      parameters.update(row.parameters, row.parametersBlank, row.name);
      setAttribute(parameters.el, "title", row.parametersBlank === null ? row.formula : null);
      setText(problem, row.problem);
      problem.hidden = !row.problem;
      setAttribute(el, "aria-current", selected || null);
      setAttribute(el, "data-problem", row.problem !== "");
      setAttribute(el, "data-dimmed", row.dimmed);
    },
  };
}

/** A number or a shape, or the field in which the learner writes it. */
function valueCell(kind: string, label: string, onAnswer: (text: string) => void) {
  const text = h("span");
  const reply = h("span", { class: "cw-blank-reply", "aria-live": "polite" });
  const field = h("input", {
    class: "cw-blank-field",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "?",
    onchange: () => onAnswer(field.value),
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.key === "Enter") onAnswer(field.value);
    },
  });
  const blank = h("span", { class: "cw-blank" }, field, reply);
  const el = h("span", { class: kind, role: "cell" }, text, blank);
  return {
    el,
    update(shown: string, asked: Blank | null, name: string) {
      const open = asked !== null && asked.state !== "right";
      setText(text, open ? "" : shown);
      text.hidden = open;
      blank.hidden = asked === null;
      field.hidden = !open;
      setAttribute(field, "aria-label", t("layers.blank", { column: label, name }));
      if (asked && document.activeElement !== field) field.value = asked.text;
      setAttribute(blank, "data-state", asked?.state);
      setAttribute(field, "aria-invalid", asked?.state === "wrong" || null);
      setText(reply, asked?.reply ?? "");
    },
  };
}
