import { type ButtonProps, button } from "./button";
import { type View, h, setAttribute } from "./dom";
import { type IconName, icon } from "./icons";
import { popover } from "./popover";

export interface MenuAction {
  label: string;
  icon?: IconName;
  /** A key or a short remark at the right. */
  hint?: string;
  /** Makes it a choice that is on or off. */
  checked?: boolean;
  disabled?: boolean;
  /** Why it is disabled, shown under its name. */
  reason?: string;
  onSelect(): void;
}

export type MenuItem = MenuAction | { heading: string } | "separator";

export interface MenuButtonOptions {
  label: string;
  icon?: IconName;
  /** The label is shown beside the icon. */
  showLabel?: boolean;
  items(): readonly MenuItem[];
}

/** A button that opens a list of things to do. */
export function menuButton(options: MenuButtonOptions): View<ButtonProps, HTMLButtonElement> {
  let close: (() => void) | null = null;
  const opener = button({
    label: options.label,
    ...(options.icon !== undefined && { icon: options.icon }),
    iconOnly: options.showLabel !== true && options.icon !== undefined,
    onClick: () => (close === null ? open("first") : close()),
  });
  setAttribute(opener.el, "aria-haspopup", "menu");
  setAttribute(opener.el, "aria-expanded", false);
  opener.el.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    if (close === null) open(event.key === "ArrowDown" ? "first" : "last");
  });

  function open(end: "first" | "last"): void {
    const list = menuList(options.label, options.items(), () => {
      close?.();
      opener.el.focus();
    });
    close = popover(opener.el, list.el, {
      align: "end",
      onClose: () => {
        close = null;
        setAttribute(opener.el, "aria-expanded", false);
      },
    });
    setAttribute(opener.el, "aria-expanded", true);
    list.focus(end);
  }

  return {
    ...opener,
    destroy() {
      close?.();
      opener.destroy();
    },
  };
}

function menuList(label: string, items: readonly MenuItem[], done: () => void) {
  const rows: HTMLElement[] = [];
  const children = items.map((item) => {
    if (item === "separator") return h("div", { class: "cw-menu-line", role: "separator" });
    if ("heading" in item) return h("div", { class: "cw-menu-heading", role: "presentation" }, item.heading);
    const row = menuRow(item, done);
    rows.push(row);
    return row;
  });
  const el = h("div", { class: "cw-menu", role: "menu", "aria-label": label, onkeydown: key }, children);

  function key(event: KeyboardEvent): void {
    const here = rows.indexOf(event.target as HTMLElement);
    const count = rows.length;
    let next = -1;
    if (event.key === "ArrowDown") next = (here + 1) % count;
    else if (event.key === "ArrowUp") next = (here - 1 + count) % count;
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = count - 1;
    else if (event.key === "Tab") return done();
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      next = startingWith(event.key, here);
    } else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
    if (next < 0) return;
    event.preventDefault();
    rows[next]?.focus();
  }

  function startingWith(letter: string, here: number): number {
    const wanted = letter.toLowerCase();
    const order = rows.map((_, i) => (here + 1 + i) % rows.length);
    return order.find((i) => rows[i]?.dataset["label"]?.startsWith(wanted)) ?? -1;
  }

  return { el, focus: (end: "first" | "last") => rows.at(end === "first" ? 0 : -1)?.focus() };
}

function menuRow(item: MenuAction, done: () => void): HTMLElement {
  const mark = item.checked === true ? icon("check") : item.icon !== undefined ? icon(item.icon) : null;
  return h(
    "button",
    {
      class: "cw-menu-item",
      type: "button",
      role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
      tabindex: -1,
      "aria-checked": item.checked,
      "aria-disabled": item.disabled === true ? true : null,
      "data-label": item.label.toLowerCase(),
      onclick: () => {
        if (item.disabled === true) return;
        done();
        item.onSelect();
      },
    },
    h("span", { class: "cw-menu-mark" }, mark),
    h(
      "span",
      { class: "cw-menu-text" },
      item.label,
      item.disabled === true && item.reason !== undefined && h("span", { class: "cw-menu-reason" }, item.reason),
    ),
    item.hint !== undefined && h("span", { class: "cw-menu-hint" }, item.hint),
  );
}
