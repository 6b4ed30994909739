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
  /** The slider runs over powers of ten: it moves by equal factors, to two digits. */
  log?: boolean;
  /** Every movement of the slider and every number typed. */
  onInput?(value: number): void;
  /** The value the learner settled on. */
  onCommit?(value: number): void;
}

export interface SliderFieldProps extends Availability {
  value: number;
  min: number;
  max: number;
  /** A value that is marked on the slider; null: none. */
  mark: number | null;
}

/** What a step of a key moves a slider by that runs over powers of ten. */
const LOG_STEP = 0.05;

/** A slider with a number field: one value, two ways to it. */
export function sliderField(options: SliderFieldOptions): View<SliderFieldProps> {
  const { step = 1, unit, log = false, onInput, onCommit } = options;
  const whole = options.whole ?? (!log && Number.isInteger(step));
  const state = { value: options.value, min: options.min, max: options.max, mark: null as number | null };
  const placeOf = log ? Math.log10 : (value: number) => value;
  const valueAt = (place: number) =>
    log
      ? Math.min(state.max, Math.max(state.min, Number((10 ** place).toPrecision(2))))
      : snap(place, state.min, state.max, step);
  const id = uid("slider");
  const range = h("input", { class: "cw-range", type: "range", id, step: "any" });
  const frame = field("slider", options, id);
  setAttribute(range, "aria-describedby", frame.noteId);
  const number = numberInput({
    name: t("field.typed", { label: options.label }),
    describedBy: frame.noteId,
    rule: () => ({ label: options.label, min: state.min, max: state.max, whole, step: log ? state.value / 10 : step }),
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
    const { value, min, max, mark } = state;
    setAttribute(range, "min", placeOf(min));
    setAttribute(range, "max", placeOf(max));
    range.value = String(placeOf(value));
    setAttribute(range, "aria-valuetext", `${exactText(value)}${unit ? ` ${unit}` : ""}`);
    const shareOf = (at: number) => {
      const inside = placeOf(Math.min(max, Math.max(min, at)));
      return max > min ? (inside - placeOf(min)) / (placeOf(max) - placeOf(min)) : 0;
    };
    range.style.setProperty("--cw-fill", String(shareOf(value)));
    setAttribute(range, "data-marked", mark !== null);
    if (mark !== null) range.style.setProperty("--cw-mark", String(shareOf(mark)));
    number.setValue(value);
    const usable = frame.usable();
    range.disabled = !usable || max <= min;
    number.setUsable(usable);
  }

  listen(range, "input", () => {
    frame.complain(null);
    move(valueAt(Number(range.value)));
  });
  listen(range, "change", () => onCommit?.(state.value));
  listen(range, "keydown", (event) => {
    const place = keyedValue(event, placeOf(state.value), {
      min: placeOf(state.min),
      max: placeOf(state.max),
      step: log ? LOG_STEP : step,
    });
    if (place === null) return;
    const value = valueAt(place);
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
    update({ value, min, max, mark, ...patch }) {
      const before = state.value;
      merge(state, { value, min, max, mark } as Partial<typeof state>);
      frame.update(availabilityOf(patch));
      if (state.value !== before) frame.complain(null);
      show();
    },
    destroy: () => frame.el.remove(),
  };
}
