import { type View, h, listen, merge, setAttribute, uid } from "./dom";
import { type Availability, type FieldOptions, availabilityOf, field } from "./field";
import { keyedValue, numberInput } from "./numberInput";
import { exactText } from "./format";
import { snap } from "./numberText";
import { t } from "../words";

export interface SliderFieldOptions extends FieldOptions {
  min: number;
  max: number;
  value: number;
  /** What the slider moves by; 1 unless told. */
  step?: number;
  /** Whether only whole numbers may be typed; so when the step is whole, unless told. */
  whole?: boolean;
  unit?: string;
  /** Every movement of the slider and every number typed. */
  onInput?(value: number): void;
  /** The value the learner settled on. */
  onCommit?(value: number): void;
}

export interface SliderFieldProps extends Availability {
  value: number;
  min: number;
  max: number;
}

/** A slider with a number field: one value, two ways to it. */
export function sliderField(options: SliderFieldOptions): View<SliderFieldProps> {
  const { step = 1, unit, onInput, onCommit } = options;
  const whole = options.whole ?? Number.isInteger(step);
  const state = { value: options.value, min: options.min, max: options.max };
  const id = uid("slider");
  const range = h("input", { class: "cw-range", type: "range", id, step: "any" });
  const frame = field("slider", options, id);
  setAttribute(range, "aria-describedby", frame.noteId);
  const number = numberInput({
    name: t("field.typed", { label: options.label }),
    describedBy: frame.noteId,
    rule: () => ({ label: options.label, min: state.min, max: state.max, whole, step }),
    onCommit: (value) => {
      move(value);
      onCommit?.(value);
    },
    onProblem: frame.complain,
  });
  frame.body.append(range, number.el);
  if (unit !== undefined) frame.body.append(h("span", { class: "cw-unit" }, unit));

  function move(value: number): void {
    const changed = value !== state.value;
    state.value = value;
    show();
    if (changed) onInput?.(value);
  }

  function show(): void {
    const { value, min, max } = state;
    setAttribute(range, "min", min);
    setAttribute(range, "max", max);
    range.value = String(value);
    setAttribute(range, "aria-valuetext", `${exactText(value)}${unit ? ` ${unit}` : ""}`);
    const share = max > min ? (Math.min(max, Math.max(min, value)) - min) / (max - min) : 0;
    range.style.setProperty("--cw-fill", String(share));
    number.setValue(value);
    const usable = frame.usable();
    range.disabled = !usable || max <= min;
    number.setUsable(usable);
  }

  listen(range, "input", () => {
    frame.complain(null);
    move(snap(Number(range.value), state.min, state.max, step));
  });
  listen(range, "change", () => onCommit?.(state.value));
  listen(range, "keydown", (event) => {
    const value = keyedValue(event, state.value, { ...state, step });
    if (value === null) return;
    event.preventDefault();
    event.stopPropagation();
    frame.complain(null);
    if (value === state.value) return;
    move(value);
    onCommit?.(value);
  });
  show();

  return {
    el: frame.el,
    update({ value, min, max, ...patch }) {
      const before = state.value;
      merge(state, { value, min, max } as Partial<typeof state>);
      frame.update(availabilityOf(patch));
      if (state.value !== before) frame.complain(null);
      show();
    },
    destroy: () => frame.el.remove(),
  };
}
