import { t } from "../words";
import { h } from "./dom";
import { exactText, parseNumber } from "./format";

export interface CellFieldOptions {
  /** Where the field is placed: a positioned element. */
  parent: HTMLElement;
  label: string;
  /** The key that opened the field replaces the value; null keeps the value, selected. */
  typed: string | null;
  value: number;
  /** The cell that it covers. */
  box: { left: number; top: number; width: number; height: number };
  onValue(value: number): void;
  /** A block of several cells was pasted; the field goes. */
  onPaste?(text: string): void;
  /** The keyboard goes on to a neighbour, or stays (0, 0). */
  onLeave(down: number, right: number): void;
}

const NARROWEST = 60;
const LOWEST = 26;

/**
 * A field over one cell: Enter, Tab and the upright arrows enter the number and move on, Escape
 * gives it up. What is not a number stays open with the reason.
 */
export function cellField(options: CellFieldOptions): void {
  const { parent, typed, box } = options;
  const width = Math.max(box.width, NARROWEST);
  const height = Math.max(box.height, LOWEST);
  const left = box.left + (box.width - width) / 2;
  const field = h("input", {
    class: "cw-cell-field",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": options.label,
    style: {
      left: `${Math.max(0, Math.min(left, parent.scrollWidth - width))}px`,
      top: `${box.top + (box.height - height) / 2}px`,
      width: `${width}px`,
      height: `${height}px`,
    },
  });
  field.value = typed ?? exactText(options.value);
  let open = true;

  const remove = () => {
    open = false;
    field.remove();
  };

  const enter = (): boolean => {
    const value = parseNumber(field.value);
    if (typeof value === "string") {
      field.setAttribute("aria-invalid", "true");
      field.setCustomValidity(t(`number.${value}`));
      field.reportValidity();
      return false;
    }
    remove();
    options.onValue(value);
    return true;
  };

  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    field.setCustomValidity("");
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const back = event.shiftKey ? -1 : 1;
    if (event.key === "Escape") {
      remove();
      options.onLeave(0, 0);
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      if (enter()) options.onLeave(event.key === "Enter" ? back : 1, 0);
    } else if (event.key === "ArrowUp") {
      if (enter()) options.onLeave(-1, 0);
    } else if (event.key === "Tab") {
      if (enter()) options.onLeave(0, back);
    } else return;
    event.preventDefault();
  });
  field.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!options.onPaste || !/[\s;[]/.test(text)) return;
    event.preventDefault();
    remove();
    options.onPaste(text);
    options.onLeave(0, 0);
  });
  field.addEventListener("blur", () => {
    if (!open) return;
    const value = parseNumber(field.value);
    remove();
    if (typeof value === "number") options.onValue(value);
  });
  parent.append(field);
  field.focus({ preventScroll: true });
  if (typed === null) field.select();
}
