import { type Child, type View, fill, h, setAttribute, setText, uid } from "./dom";
import { type Availability, availabilityOf, field } from "./field";
import { icon } from "./icons";
import { popover } from "./popover";
import { t } from "../words";

export interface PickerItem<Value extends string = string> {
  value: Value;
  label: string;
  /** A remark in smaller type. */
  note?: string;
  /** Paints a small likeness; the canvas has the size it should be painted at. */
  thumb?(canvas: HTMLCanvasElement): void;
}

export interface PickerGroup<Value extends string = string> {
  label: string;
  items: readonly PickerItem<Value>[];
}

export interface PickerOptions<Value extends string> {
  label: string;
  /** False shows the label beside the button; otherwise it is said to screen readers only. */
  hideLabel?: boolean;
  groups: readonly PickerGroup<Value>[];
  value: Value | null;
  /** Side by side in the list; 1 unless told. */
  columns?: number;
  /** From how many items on a filter is offered; 12 unless told. */
  filterFrom?: number;
  onPick(value: Value): void;
}

export interface PickerProps<Value extends string> extends Availability {
  value: Value | null;
  groups: readonly PickerGroup<Value>[];
  /** What the button says when the value is none of the items; null: the item's own label. */
  text: string | null;
}

/** Chooses from a gallery: names in groups, with small likenesses, by pointer, keys or filter. */
export function picker<Value extends string>(options: PickerOptions<Value>): View<PickerProps<Value>> {
  let { groups, value } = options;
  let text: string | null = null;
  let close: (() => void) | null = null;
  const id = uid("picker");
  const frame = field("picker", { hideLabel: true, ...options }, id);
  const shown = h("span", { class: "cw-picker-value" });
  const opener = h(
    "button",
    {
      class: "cw-button cw-button-plain cw-picker",
      type: "button",
      id,
      "aria-haspopup": "listbox",
      "aria-expanded": false,
      "aria-labelledby": `${frame.labelId} ${id}`,
      "aria-describedby": frame.noteId,
      onclick: () => (close === null ? open() : close()),
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") event.stopPropagation();
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        event.stopPropagation();
        if (close === null) open();
      },
    },
    shown,
    icon("chevron"),
  );
  frame.body.append(opener);

  function open(): void {
    if (!frame.usable()) return;
    const gallery = pickerPanel({ ...options, groups, value }, (picked) => {
      close?.();
      opener.focus();
      if (picked !== null) options.onPick(picked);
    });
    close = popover(opener, gallery.el, {
      align: "end",
      onClose: () => {
        close = null;
        setAttribute(opener, "aria-expanded", false);
      },
    });
    setAttribute(opener, "aria-expanded", true);
    gallery.start();
  }

  function show(): void {
    const item = groups.flatMap((group) => group.items).find((candidate) => candidate.value === value);
    setText(shown, text ?? item?.label ?? "");
    setAttribute(opener, "aria-disabled", frame.usable() ? null : true);
    setAttribute(opener, "title", frame.props.locked ? t("control.locked") : null);
  }
  show();

  return {
    el: frame.el,
    update(patch) {
      if (patch.groups !== undefined) groups = patch.groups;
      if (patch.value !== undefined) value = patch.value;
      if (patch.text !== undefined) text = patch.text;
      frame.update(availabilityOf(patch));
      show();
    },
    destroy() {
      close?.();
      frame.el.remove();
    },
  };
}

interface Row<Value extends string> {
  el: HTMLElement;
  item: PickerItem<Value>;
}

function pickerPanel<Value extends string>(
  options: PickerOptions<Value>,
  done: (value: Value | null) => void,
) {
  const count = options.groups.reduce((sum, group) => sum + group.items.length, 0);
  const filtered = count >= (options.filterFrom ?? 12);
  // On a touch screen, a focused filter would cover half the page with a keyboard.
  const byTouch = matchMedia("(pointer: coarse)").matches;
  const listId = uid("list");
  let rows: Row<Value>[] = [];
  let current = -1;
  const list = h("div", {
    class: "cw-picker-list",
    role: "listbox",
    id: listId,
    "aria-label": options.label,
    tabindex: 0,
    "data-columns": options.columns ?? 1,
  });
  const filter = h("input", {
    class: "cw-picker-filter",
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("picker.filter"),
    "aria-label": t("picker.filter"),
    "aria-controls": listId,
    "aria-expanded": true,
    "aria-autocomplete": "list",
    oninput: () => build(filter.value),
  });
  const holder = filtered && !byTouch ? filter : list;
  const el = h("div", { class: "cw-picker-panel", onkeydown: key }, filtered && filter, list);

  function build(text: string): void {
    const wanted = text.trim().toLowerCase();
    rows = [];
    const sections: Child[] = options.groups.map((group) => {
      const items = group.items.filter((item) => `${item.label} ${group.label}`.toLowerCase().includes(wanted));
      if (items.length === 0) return null;
      const nameId = uid("group");
      return h(
        "div",
        { class: "cw-picker-group", role: "group", "aria-labelledby": nameId },
        h("div", { class: "cw-picker-heading", id: nameId }, group.label),
        items.map(row),
      );
    });
    fill(list, sections, rows.length === 0 && h("div", { class: "cw-picker-none" }, t("picker.none", { text: text.trim() })));
    const chosen = rows.findIndex(({ item }) => item.value === options.value);
    move(wanted === "" ? Math.max(0, chosen) : rows.length === 0 ? -1 : 0);
  }

  function row(item: PickerItem<Value>): HTMLElement {
    const rowEl = h(
      "div",
      {
        class: "cw-picker-item",
        role: "option",
        id: uid("option"),
        "aria-selected": item.value === options.value,
        "data-value": item.value,
        onclick: () => done(item.value),
        onpointermove: () => move(rows.findIndex((candidate) => candidate.item === item), false),
      },
      item.thumb !== undefined && thumbnail(item.thumb),
      h("span", { class: "cw-picker-name" }, item.label, item.note !== undefined && h("span", { class: "cw-picker-note" }, item.note)),
      item.value === options.value && icon("check"),
    );
    rows.push({ el: rowEl, item });
    return rowEl;
  }

  function move(next: number, scroll = true): void {
    if (next === current && rows[next]?.el.dataset["current"] === "true") return;
    current = next;
    rows.forEach(({ el: rowEl }, i) => setAttribute(rowEl, "data-current", i === next ? "true" : null));
    for (const part of [filter, list]) setAttribute(part, "aria-activedescendant", rows[next]?.el.id);
    if (scroll) rows[next]?.el.scrollIntoView({ block: "nearest" });
  }

  function key(event: KeyboardEvent): void {
    // Escape is the popover's; nothing else may reach a host's shortcuts.
    if (event.key !== "Escape") event.stopPropagation();
    const typing = event.target === filter;
    const sideways = !typing || filter.value === "";
    const directions: Record<string, [number, number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ...(sideways && { ArrowRight: [0, 1], ArrowLeft: [0, -1] }),
    };
    const direction = directions[event.key];
    if (direction !== undefined) move(neighbour(rows.map(({ el: rowEl }) => rowEl), current, direction));
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(rows.length - 1);
    else if (event.key === "Enter" || (event.key === " " && !typing)) done(rows[current]?.item.value ?? null);
    else if (event.key === "Tab") done(null);
    else return;
    event.preventDefault();
  }

  build("");

  return {
    el,
    start() {
      holder.focus();
      rows[current]?.el.scrollIntoView({ block: "center" });
    },
  };
}

const THUMB = 28;

function thumbnail(paint: (canvas: HTMLCanvasElement) => void): HTMLElement {
  const sharp = Math.max(1, Math.round(devicePixelRatio));
  const canvas = h("canvas", { class: "cw-picker-thumb", width: THUMB * sharp, height: THUMB * sharp, "aria-hidden": "true" });
  // Its colours come from the style sheet: it is painted once it stands in the page.
  queueMicrotask(() => paint(canvas));
  return canvas;
}

/** The item that lies next in a direction, as laid out: rows may be broken by headings. */
function neighbour(items: readonly HTMLElement[], from: number, [down, right]: [number, number]): number {
  const here = items[from];
  if (here === undefined) return 0;
  if (right !== 0) return Math.min(items.length - 1, Math.max(0, from + right));
  const order = items.map((_, i) => i).filter((i) => (i - from) * down > 0);
  if (down < 0) order.reverse();
  const line = order.find((i) => (items[i] as HTMLElement).offsetTop !== here.offsetTop);
  if (line === undefined) return from;
  const top = (items[line] as HTMLElement).offsetTop;
  const nearest = order
    .filter((i) => (items[i] as HTMLElement).offsetTop === top)
    .sort((a, b) => distance(items[a], here) - distance(items[b], here));
  return nearest[0] ?? from;
}

function distance(a: HTMLElement | undefined, b: HTMLElement): number {
  return Math.abs((a?.offsetLeft ?? 0) - b.offsetLeft);
}
