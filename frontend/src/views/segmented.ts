import { type View, fill, h, setAttribute } from "./dom";
import { type Availability, type FieldOptions, availabilityOf, field } from "./field";
import { t } from "../words";

export interface Option<Value extends string = string> {
  value: Value;
  label: string;
  title?: string;
}

export interface SegmentedOptions<Value extends string> extends FieldOptions {
  options: readonly Option<Value>[];
  value: Value;
  onChange(value: Value): void;
}

export interface SegmentedProps<Value extends string> extends Availability {
  value: Value;
  options: readonly Option<Value>[];
  /** Options that can't be had, each with its reason. */
  disabledOptions: Partial<Record<Value, string>>;
}

/** One of a few: a row of joined buttons that behaves as a group of radio buttons. */
export function segmented<Value extends string>(
  options: SegmentedOptions<Value>,
): View<SegmentedProps<Value>> {
  const frame = field("segmented", options, null);
  const group = h("div", {
    class: "cw-segments",
    role: "radiogroup",
    "aria-labelledby": frame.labelId,
    "aria-describedby": frame.noteId,
    onkeydown: key,
    onfocusout: () => frame.complain(null),
  });
  frame.body.append(group);
  let value = options.value;
  let choices = options.options;
  let refused: Partial<Record<Value, string>> = {};
  let buttons: HTMLButtonElement[] = [];

  function build(): void {
    buttons = choices.map((choice) =>
      h(
        "button",
        {
          class: "cw-segment",
          type: "button",
          role: "radio",
          "data-value": choice.value,
          onclick: () => choose(choice),
          onfocus: () => explain(choice),
        },
        h("span", { class: "cw-segment-text", "data-text": choice.label }, choice.label),
      ),
    );
    fill(group, buttons);
  }

  function show(): void {
    const usable = frame.usable();
    const chosen = choices.findIndex((choice) => choice.value === value);
    choices.forEach((choice, i) => {
      const button = buttons[i] as HTMLButtonElement;
      const reason = refused[choice.value];
      setAttribute(button, "aria-checked", i === chosen);
      setAttribute(button, "aria-disabled", reason !== undefined || !usable ? true : null);
      setAttribute(button, "tabindex", i === Math.max(0, chosen) ? 0 : -1);
      setAttribute(button, "title", reason ?? (frame.props.locked ? t("control.locked") : choice.title));
    });
    setAttribute(group, "aria-disabled", usable ? null : true);
  }

  function explain(choice: Option<Value>): void {
    const reason = frame.usable() ? refused[choice.value] : undefined;
    frame.complain(reason === undefined ? null : t("segmented.unavailable", { label: choice.label, reason }), "info");
  }

  function choose(choice: Option<Value>): void {
    explain(choice);
    if (!frame.usable() || refused[choice.value] !== undefined || choice.value === value) return;
    value = choice.value;
    show();
    options.onChange(value);
  }

  function key(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const here = buttons.indexOf(event.target as HTMLButtonElement);
    const count = buttons.length;
    const move = moves[event.key];
    let next = -1;
    if (move !== undefined) next = (here + move + count) % count;
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = count - 1;
    else if (event.key === " " || event.key === "Enter") event.stopPropagation();
    const choice = choices[next];
    if (choice === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[next]?.focus();
    choose(choice);
  }

  build();
  show();

  return {
    el: frame.el,
    update({ value: next, options: list, disabledOptions, ...patch }) {
      if (next !== undefined) value = next;
      if (list !== undefined && list !== choices) {
        choices = list;
        build();
      }
      if (disabledOptions !== undefined) refused = disabledOptions;
      frame.update(availabilityOf(patch));
      show();
    },
    destroy: () => frame.el.remove(),
  };
}
