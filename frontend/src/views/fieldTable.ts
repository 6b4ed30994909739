import { type View, fill, h, setAttribute } from "./dom";
import { t } from "../words";

/** One step of the recurrence: what it gives, and the sum that gives it. */
export interface FieldRow {
  index: number;
  name: string;
  window: string;
  stride: string;
  dilation: string;
  size: { sum: string; value: string };
  jump: { sum: string; value: string };
  start: { sum: string; value: string };
  /** How many units the pointed input cell takes part in, or "". */
  fed: string;
}

export interface FieldTableProps {
  rows: readonly FieldRow[];
  selected: number;
}

/** How the receptive field grows from layer to layer, each number with its sum. */
export function fieldTable(options: { onSelect(index: number): void }): View<FieldTableProps> {
  const body = h("tbody");
  const head = ["layer", "K", "S", "D", "size", "jump", "start"] as const;
  const names: Partial<Record<string, string>> = {
    layer: t("field.layer"),
    size: t("field.size"),
    jump: t("field.jump"),
    start: t("field.start"),
  };
  const el = h(
    "div",
    { class: "cw-fields" },
    h(
      "table",
      { class: "cw-fields-table", "aria-label": t("field.label") },
      h("thead", null, h("tr", null, head.map((name) => h("th", { scope: "col" }, names[name] ?? name)))),
      body,
    ),
  );
  let drawn = "";
  let revealed = -2;
  let asked = -1;

  /** Scrolls the table, never the page, to the row that was chosen. */
  function reveal(): void {
    const line = body.querySelector<HTMLElement>('tr[aria-current="true"]');
    if (!line || revealed === asked || el.clientHeight === 0) return;
    revealed = asked;
    const above = line.offsetTop - 2 * line.offsetHeight;
    const below = line.offsetTop + 2 * line.offsetHeight - el.clientHeight;
    el.scrollTop = Math.max(Math.min(el.scrollTop, above), below);
  }

  return {
    el,
    update({ rows = [], selected = -1 }) {
      const key = JSON.stringify([rows, selected]);
      if (key === drawn) return;
      drawn = key;
      asked = selected;
      const held = document.activeElement?.closest("[data-layer]")?.getAttribute("data-layer");
      fill(
        body,
        rows.map(({ index, name, window: read, stride, dilation, size, jump, start, fed }) => {
          const cell = ({ sum, value }: FieldRow["size"]) =>
            h("td", null, h("span", { class: "cw-fields-sum" }, sum), h("b", null, value));
          const line = h(
            "tr",
            { "data-layer": index, onclick: () => options.onSelect(index) },
            h(
              "th",
              { scope: "row" },
              h("button", { class: "cw-fields-open", type: "button", "data-layer": index }, name),
              fed && h("span", { class: "cw-fields-fed" }, fed),
            ),
            [read, stride, dilation].map((text) => h("td", null, text)),
            cell(size),
            cell(jump),
            cell(start),
          );
          setAttribute(line, "aria-current", index === selected || null);
          return line;
        }),
      );
      reveal();
      if (held) el.querySelector<HTMLElement>(`button[data-layer="${held}"]`)?.focus();
    },
    destroy: () => el.remove(),
  };
}
