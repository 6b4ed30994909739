import { type View, fill, h, setAttribute, uid } from "./dom";
import { type Availability, type FieldOptions, availabilityOf, field } from "./field";
import { icon } from "./icons";
import { t } from "../words";

export interface SelectOption<Value extends string = string> {
  value: Value;
  label: string;
  /** Options of one group stand together under its name. */
  group?: string;
  disabled?: boolean;
}

export interface SelectOptions<Value extends string> extends FieldOptions {
  options: readonly SelectOption<Value>[];
  value: Value;
  onChange(value: Value): void;
}

export interface SelectProps<Value extends string> extends Availability {
  value: Value;
  options: readonly SelectOption<Value>[];
}

/** The browser's own list, in the widget's dress. */
export function select<Value extends string>(options: SelectOptions<Value>): View<SelectProps<Value>> {
  const id = uid("select");
  const frame = field("select", options, id);
  const native = h("select", {
    class: "cw-select",
    id,
    "aria-describedby": frame.noteId,
    onchange: () => {
      value = native.value as Value;
      options.onChange(value);
    },
    // Letters choose an option here; a host's shortcuts must not take them.
    onkeydown: (event) => event.stopPropagation(),
  });
  frame.body.append(h("span", { class: "cw-select-box" }, native, icon("chevron")));
  let value = options.value;
  let choices: readonly SelectOption<Value>[] = [];

  function build(list: readonly SelectOption<Value>[]): void {
    choices = list;
    const groups = new Map<string | undefined, HTMLElement>();
    fill(native);
    for (const choice of list) {
      let parent: HTMLElement = native;
      if (choice.group !== undefined) {
        parent = groups.get(choice.group) ?? h("optgroup", { label: choice.group });
        if (!groups.has(choice.group)) native.append(parent);
        groups.set(choice.group, parent);
      }
      parent.append(h("option", { value: choice.value, disabled: choice.disabled }, choice.label));
    }
  }

  function show(): void {
    native.value = value;
    native.disabled = !frame.usable();
    setAttribute(native, "title", frame.props.locked ? t("control.locked") : null);
  }

  build(options.options);
  show();

  return {
    el: frame.el,
    update({ value: next, options: list, ...patch }) {
      if (list !== undefined && list !== choices) build(list);
      if (next !== undefined) value = next;
      frame.update(availabilityOf(patch));
      show();
    },
    destroy: () => frame.el.remove(),
  };
}
