import { type View, fill, h, setAttribute } from "./dom";
import type { Role } from "./theme";

/** One number of a product or a sum, the sign before it, and what it counts. */
export interface Factor {
  sign?: string;
  value: string;
  label: string;
  role?: Role;
}

export interface FactorsProps {
  /** What comes out, before the equals sign. */
  name: string;
  terms: readonly Factor[];
}

/** A number as the product that it is, each factor with its name below it. */
export function factors(): View<FactorsProps> {
  const el = h("div", { class: "cw-factors", role: "math" });
  return {
    el,
    update({ name = "", terms = [] }) {
      setAttribute(el, "aria-label", `${name}: ${terms.map(({ sign = "", value, label }) => `${sign} ${value} (${label})`).join(" ")}`);
      fill(
        el,
        h("span", { class: "cw-factors-name", "aria-hidden": "true" }, name),
        terms.map(({ sign, value, label, role }) =>
          h(
            "span",
            { class: "cw-factor", "aria-hidden": "true" },
            sign && h("span", { class: "cw-factor-sign" }, sign),
            h(
              "span",
              { class: `cw-factor-body${role ? ` cw-ink-${role}` : ""}` },
              h("span", { class: "cw-factor-value" }, value),
              h("span", { class: "cw-factor-label" }, label),
            ),
          ),
        ),
      );
    },
    destroy: () => el.remove(),
  };
}
