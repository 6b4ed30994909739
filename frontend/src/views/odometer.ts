import { type View, fill, h } from "./dom";

/** A count, and what it would be in other ways. */
export interface Count {
  label: string;
  value: number;
  /** The count in words; the number itself unless told. */
  text: string;
  /** The counts it is measured against, with how many times as many they are. */
  beside: readonly { label: string; value: number; text: string; note: string }[];
}

/** Large counts with bars beside them; a bar grows by the same length for every factor of ten. */
export function odometer(): View<{ counts: readonly Count[] }> {
  const el = h("div", { class: "cw-odometer" });
  return {
    el,
    update({ counts = [] }) {
      const most = Math.max(10, ...counts.flatMap(({ value, beside }) => [value, ...beside.map((other) => other.value)]));
      const share = (value: number) => (value < 1 ? 0 : Math.log10(Math.max(value, 1.2)) / Math.log10(most));
      fill(
        el,
        counts.map(({ label, value, text, beside }) =>
          h(
            "div",
            { class: "cw-count" },
            h("div", { class: "cw-count-label" }, label),
            h("div", { class: "cw-count-value" }, text),
            bar(share(value), "cw-count-own"),
            beside.map((other) => [
              h(
                "div",
                { class: "cw-count-other" },
                h("span", null, `${other.label} `, h("b", null, other.text)),
                h("span", { class: "cw-count-note" }, other.note),
              ),
              bar(share(other.value), "cw-count-beside"),
            ]),
          ),
        ),
      );
    },
    destroy: () => el.remove(),
  };
}

function bar(share: number, name: string): HTMLElement {
  return h("div", { class: `cw-count-bar ${name}`, "aria-hidden": "true", style: { "--cw-fill": share } });
}
