import { type View, h, setAttribute, uid } from "./dom";
import { type Availability, type FieldOptions, availabilityOf, field } from "./field";
import { t } from "../words";

export interface ToggleOptions extends FieldOptions {
  value: boolean;
  onChange(value: boolean): void;
}

export interface ToggleProps extends Availability {
  value: boolean;
}

/** On or off: a switch. */
export function toggle(options: ToggleOptions): View<ToggleProps> {
  const id = uid("toggle");
  const frame = field("toggle", options, id);
  const box = h("input", {
    class: "cw-switch",
    type: "checkbox",
    role: "switch",
    id,
    "aria-describedby": frame.noteId,
    checked: options.value,
    onchange: () => options.onChange(box.checked),
    onkeydown: (event) => {
      if (event.key === " ") event.stopPropagation();
    },
  });
  frame.body.append(box);

  return {
    el: frame.el,
    update({ value, ...patch }) {
      if (value !== undefined) box.checked = value;
      frame.update(availabilityOf(patch));
      box.disabled = !frame.usable();
      setAttribute(box, "title", frame.props.locked ? t("control.locked") : null);
    },
    destroy: () => frame.el.remove(),
  };
}
