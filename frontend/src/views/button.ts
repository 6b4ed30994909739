import { type View, h, merge, setAttribute, setText } from "./dom";
import type { Availability } from "./field";
import { type IconName, icon } from "./icons";
import { tip } from "./popover";
import { t } from "../words";

export interface ButtonOptions {
  label: string;
  icon?: IconName;
  /** The drawing alone is shown; the label is its name. */
  iconOnly?: boolean;
  /** More than the label says, on hover. */
  title?: string;
  kind?: "plain" | "primary" | "quiet";
  onClick(): void;
}

export interface ButtonProps extends Availability {
  label: string;
  icon: IconName;
  title: string;
  /** Makes it a button that stays down; null makes it a plain one again. */
  pressed: boolean | null;
}

/** A button; one that can't be used stays reachable and says why. */
export function button(options: ButtonOptions): View<ButtonProps, HTMLButtonElement> {
  const props = {
    label: options.label,
    icon: options.icon,
    title: options.title,
    pressed: null as boolean | null,
    disabled: false,
    reason: null as string | null,
    locked: false,
    hidden: false,
  };
  const text = h("span", { class: options.iconOnly ? "cw-spoken" : "cw-button-text" });
  const el = h(
    "button",
    {
      class: `cw-button cw-button-${options.kind ?? "plain"}${options.iconOnly ? " cw-button-icon" : ""}`,
      type: "button",
      onclick: () => {
        if (!props.disabled && !props.locked) options.onClick();
      },
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") event.stopPropagation();
      },
    },
    text,
  );
  let drawn: { name: IconName; el: SVGSVGElement } | null = null;
  const explanation = tip(el, () => {
    if (props.locked) return t("control.locked");
    return props.disabled ? props.reason : null;
  });

  function show(): void {
    setText(text, props.label);
    if (props.icon !== undefined && props.icon !== drawn?.name) {
      drawn?.el.remove();
      drawn = { name: props.icon, el: icon(props.icon) };
      el.prepend(drawn.el);
    }
    const barred = props.disabled || props.locked;
    setAttribute(el, "aria-disabled", barred ? true : null);
    setAttribute(el, "aria-pressed", props.pressed);
    const title = props.title ?? (options.iconOnly ? props.label : null);
    setAttribute(el, "title", props.locked ? t("control.locked") : props.disabled ? (props.reason ?? title) : title);
    setAttribute(el, "data-locked", props.locked);
    el.hidden = props.hidden;
  }
  show();

  return {
    el,
    update(patch) {
      merge(props, patch);
      show();
    },
    destroy() {
      explanation.destroy();
      el.remove();
    },
  };
}

/** A button that shows a drawing; its label is heard and appears on hover. */
export function iconButton(
  options: ButtonOptions & { icon: IconName },
): View<ButtonProps, HTMLButtonElement> {
  return button({ ...options, iconOnly: true });
}
