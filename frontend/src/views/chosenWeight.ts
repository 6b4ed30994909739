import { t } from "../words";
import type { Cell } from "./cellGrid";
import { h, setText, uid } from "./dom";
import { exactText, parseNumber } from "./format";

export interface ChosenWeightOptions {
  onStep(steps: number): void;
  onValue(value: number): void;
  onProblem(problem: string): void;
}

/** A larger field for the chosen weight, for fingers and for cells too small to read. */
export function chosenWeight({ onStep, onValue, onProblem }: ChosenWeightOptions) {
  const id = uid("weight");
  const label = h("label", { class: "cw-chosen-label", for: id });
  const field = h("input", {
    id,
    class: "cw-number",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
  });
  const stepper = (text: string, name: string, steps: number) =>
    h(
      "button",
      { type: "button", class: "cw-weight-step", "aria-label": name, onclick: () => onStep(steps) },
      text,
    );
  const less = stepper("−", t("weights.less"), -1);
  const more = stepper("+", t("weights.more"), 1);
  const el = h("div", { class: "cw-weight-chosen" }, label, less, field, more);
  let current = 0;

  const restore = () => {
    field.value = exactText(current);
    field.removeAttribute("aria-invalid");
  };

  field.addEventListener("change", () => {
    const value = parseNumber(field.value);
    if (typeof value === "number") {
      onProblem("");
      onValue(value);
    } else {
      field.setAttribute("aria-invalid", "true");
      onProblem(t(`number.${value}`));
    }
  });
  field.addEventListener("blur", () => {
    if (field.hasAttribute("aria-invalid")) restore();
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      restore();
      onProblem("");
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      onStep((event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
    }
  });

  return {
    el,
    update([row, column]: Cell, value: number, locked: boolean) {
      setText(label, t("weights.chosen", { row, column }));
      const changed = value !== current;
      current = value;
      if (changed || document.activeElement !== field) restore();
      field.disabled = locked;
      less.disabled = locked;
      more.disabled = locked;
    },
  };
}
