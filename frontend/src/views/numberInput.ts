/** A text box that takes numbers by one rule: typed, or altered with the arrow keys. */
import { h, setAttribute } from "./dom";
import { exactText } from "./format";
import { type NumberRule, readNumber, snap } from "./numberText";

export interface NumberInputOptions {
  id?: string;
  name: string;
  describedBy: string;
  rule(): NumberRule & { step: number };
  /** A good value, still being typed. */
  onTyped?(value: number): void;
  /** A good value, settled. */
  onCommit(value: number): void;
  /** Why the text was not taken; null when there is nothing to say. */
  onProblem(problem: string | null): void;
}

export interface NumberInput {
  readonly el: HTMLInputElement;
  setValue(value: number): void;
  setUsable(usable: boolean): void;
}

export function numberInput(options: NumberInputOptions): NumberInput {
  let good = 0;
  const el = h("input", {
    class: "cw-number",
    type: "text",
    role: "spinbutton",
    inputmode: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": options.name,
    "aria-describedby": options.describedBy,
    ...(options.id !== undefined && { id: options.id }),
    onfocus: () => el.select(),
    oninput: typed,
    onchange: settle,
    onblur: () => {
      if (el.getAttribute("aria-invalid") === "true") restore();
    },
    onkeydown: key,
  });

  function read(): number | null {
    const { value, problem } = readNumber(el.value, options.rule());
    setAttribute(el, "aria-invalid", problem !== null || null);
    return value;
  }

  function typed(): void {
    const value = read();
    if (value === null) {
      // A range is judged when the number is finished: "1" is on the way to "12".
      setAttribute(el, "aria-invalid", null);
      return;
    }
    options.onProblem(null);
    options.onTyped?.(value);
  }

  function settle(): void {
    const value = read();
    if (value === null) {
      options.onProblem(readNumber(el.value, options.rule()).problem);
      return;
    }
    take(value);
  }

  function take(value: number): void {
    good = value;
    restore();
    options.onProblem(null);
    options.onCommit(value);
  }

  function restore(): void {
    el.value = exactText(good);
    setAttribute(el, "aria-invalid", null);
    setAttribute(el, "aria-valuenow", good);
  }

  function key(event: KeyboardEvent): void {
    // A host's shortcuts must not see what is typed here.
    event.stopPropagation();
    const { min, max, step } = options.rule();
    if (event.key === "Escape") {
      restore();
      options.onProblem(null);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const sign = event.key === "ArrowUp" ? 1 : -1;
      const from = read() ?? good;
      const next = Math.min(max, Math.max(min, from + sign * step * (event.shiftKey ? 10 : 1)));
      take(Number(next.toPrecision(12)));
    }
  }

  return {
    el,
    setValue(value) {
      const { min, max } = options.rule();
      setAttribute(el, "aria-valuemin", Number.isFinite(min) ? min : null);
      setAttribute(el, "aria-valuemax", Number.isFinite(max) ? max : null);
      if (value === good && el.value !== "") return;
      good = value;
      restore();
    },
    setUsable(usable) {
      el.disabled = !usable;
    },
  };
}

/** The value that the arrow, page and end keys give a slider; null for any other key. */
export function keyedValue(
  event: KeyboardEvent,
  value: number,
  { min, max, step }: { min: number; max: number; step: number },
): number | null {
  const page = Math.max(step, snap(min + (max - min) / 10, min, max, step) - min);
  const moves: Record<string, number> = {
    ArrowUp: value + step,
    ArrowRight: value + step,
    ArrowDown: value - step,
    ArrowLeft: value - step,
    PageUp: value + page,
    PageDown: value - page,
    Home: min,
    End: max,
  };
  const next = moves[event.key];
  if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return null;
  return snap(next, min, max, step);
}
