import { type View, merge, uid } from "./dom";
import { type Availability, type FieldOptions, availabilityOf, field } from "./field";
import { numberInput } from "./numberInput";

export interface NumberFieldOptions extends FieldOptions {
  value: number;
  min?: number;
  max?: number;
  /** What the arrow keys move by; 1 unless told. */
  step?: number;
  whole?: boolean;
  /** Every good value on the way, while it is typed. */
  onChange?(value: number): void;
  onCommit(value: number): void;
}

export interface NumberFieldProps extends Availability {
  value: number;
  min: number;
  max: number;
}

/** A number on its own, typed or altered with the arrow keys. */
export function numberField(options: NumberFieldOptions): View<NumberFieldProps> {
  const { step = 1, min = -Infinity, max = Infinity } = options;
  const whole = options.whole ?? Number.isInteger(step);
  const state = { value: options.value, min, max };
  const id = uid("number");
  const frame = field("number", options, id);
  const number = numberInput({
    id,
    name: options.label,
    describedBy: frame.noteId,
    rule: () => ({ label: options.label, min: state.min, max: state.max, whole, step }),
    ...(options.onChange !== undefined && { onTyped: options.onChange }),
    onCommit: (value) => {
      state.value = value;
      options.onCommit(value);
    },
    onProblem: frame.complain,
  });
  frame.body.append(number.el);
  number.setValue(state.value);

  return {
    el: frame.el,
    update({ value, min: low, max: high, ...patch }) {
      merge(state, { value, min: low, max: high } as Partial<typeof state>);
      frame.update(availabilityOf(patch));
      number.setValue(state.value);
      number.setUsable(frame.usable());
    },
    destroy: () => frame.el.remove(),
  };
}
