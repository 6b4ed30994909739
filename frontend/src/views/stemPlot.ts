/** A signal as dots on stems over a common axis: seen, pointed at, dragged, typed. */
import { t } from "../words";
import { cellField } from "./cellField";
import { clamp } from "./cellKeys";
import { type View, merge, setAttribute } from "./dom";
import { roundStep, snapTo } from "./plotScale";
import { watchRoom } from "./room";
import { type StemLayout, fieldBox, nearDot, stemDrawing, stemFrame, stemLayout } from "./stemDrawing";
import type { Role } from "./theme";

export interface Stem {
  /** Its place on the axis. */
  at: number;
  value: number;
  /** Padding is drawn lighter, what no window reads hatched. */
  kind?: "inside" | "padding" | "dropped";
}

export interface StemPlotProps {
  label: string;
  stems: readonly Stem[];
  /** The part of the axis that is shown, and the values. */
  domain: readonly [number, number];
  range: readonly [number, number];
  height: number;
  /** The first and last place of the window. */
  band: readonly [number, number] | null;
  /** Places between taps. */
  holes: readonly number[];
  /** The stem that is explained. */
  marker: number | null;
  /** Stems that belong to what is pointed at elsewhere. */
  lit: readonly number[];
  /** How many stems are known; null: all. */
  filled: number | null;
  /** Whether places are written below; `indices` where they are not those of the axis. */
  indexed: boolean;
  indices: readonly number[] | null;
  /** What each stem is called, by its index. */
  name: ((index: number) => string) | null;
  /** Which stems can be reached by keys and pointer. */
  reachable: ((index: number) => boolean) | null;
  locked: boolean;
}

export interface StemPlotOptions {
  role: Role;
  /** Bars in the place of dots. */
  bars?: boolean;
  /** A value was altered by drag, keys or typing; `done` ends the gesture. */
  onEdit?(index: number, value: number, done: boolean): void;
  /** A stem was chosen by click or keys. */
  onChoose?(index: number): void;
  /** A stem is under the pointer, or none. */
  onHover?(index: number | null): void;
}

/** The least width of a stem that a finger still finds. */
const NARROWEST = 24;

export function stemPlot({ role, bars = false, onEdit, onChoose, onHover }: StemPlotOptions): View<StemPlotProps> {
  const props: StemPlotProps = {
    label: "", stems: [], domain: [0, 1], range: [0, 1], height: 120, band: null, holes: [], marker: null, lit: [],
    filled: null, indexed: true, indices: null, name: null, reachable: null, locked: false,
  };
  const drawing = stemDrawing(role, onEdit !== undefined);
  const el = stemFrame(drawing.el);
  el.classList.toggle("cw-stems-barred", bars);
  const room = watchRoom(el, show);
  let layout: StemLayout | null = null;
  let cursor = 0;
  let pointed: number | null = null;
  let drag: { index: number; y: number; value: number; perPixel: number; range: readonly [number, number]; moved: boolean } | null = null;

  const reachable = (index: number) => props.stems[index] !== undefined && (props.reachable?.(index) ?? true);
  const usable = () => !props.locked && (onEdit !== undefined || onChoose !== undefined);

  function show(): void {
    const span = props.domain[1] - props.domain[0];
    el.style.minWidth = `${span * NARROWEST}px`;
    setAttribute(drawing.el, "aria-label", props.label);
    setAttribute(drawing.el, "role", onEdit ? "group" : onChoose ? "radiogroup" : "img");
    if (!room.width) return;
    layout = stemLayout(drag ? { ...props, range: wider(drag.range, props.range) } : props, room.width);
    if (!reachable(cursor)) cursor = Math.max(0, props.stems.findIndex((_, index) => reachable(index)));
    drawing.paint(props, layout, pointed ?? (el.contains(document.activeElement) ? cursor : null));
    const home = onChoose && !onEdit ? (props.marker ?? cursor) : cursor;
    props.stems.forEach((_, index) => {
      const focusable = name() && usable() && reachable(index);
      setAttribute(drawing.stem(index) as SVGGElement, "tabindex", focusable ? (index === home ? 0 : -1) : null);
    });
  }

  const name = () => props.name !== null;

  function placeOf(event: PointerEvent): { index: number; y: number } | null {
    if (!layout) return null;
    const box = drawing.el.getBoundingClientRect();
    const at = (event.clientX - box.left) / layout.unit + props.domain[0];
    let best = -1;
    props.stems.forEach((stem, index) => {
      if (Math.abs(stem.at - at) <= 0.5 && reachable(index)) best = index;
    });
    return best < 0 ? null : { index: best, y: event.clientY - box.top };
  }

  function point(index: number | null): void {
    if (index === pointed) return;
    pointed = index;
    onHover?.(index);
    show();
  }

  function focus(index: number): void {
    cursor = index;
    show();
    drawing.stem(index)?.focus({ preventScroll: true });
  }

  drawing.el.addEventListener("pointermove", (event) => {
    if (!drag) return point(placeOf(event)?.index ?? null);
    const moved = (drag.y - event.clientY) * drag.perPixel;
    if (!drag.moved && Math.abs(drag.y - event.clientY) < 3) return;
    drag.moved = true;
    onEdit?.(drag.index, snapTo(drag.value + moved, roundStep(2 * drag.perPixel)), false);
  });
  drawing.el.addEventListener("pointerleave", () => drag ?? point(null));
  drawing.el.addEventListener("pointerdown", (event) => {
    const place = placeOf(event);
    if (!place || !layout || event.button !== 0 || !usable()) return;
    const { value } = props.stems[place.index] as Stem;
    // The browser itself gives a stem the focus, and no ring to a pointer's.
    cursor = place.index;
    show();
    onChoose?.(place.index);
    if (!onEdit || !nearDot(layout, value, place.y)) return;
    drawing.el.setPointerCapture(event.pointerId);
    el.classList.add("cw-stem-held");
    drag = { index: place.index, y: event.clientY, value, perPixel: layout.perPixel, range: props.range, moved: false };
  });
  const release = () => {
    if (!drag) return;
    const { index, moved } = drag;
    drag = null;
    el.classList.remove("cw-stem-held");
    if (moved) onEdit?.(index, (props.stems[index] as Stem).value, true);
    show();
  };
  drawing.el.addEventListener("pointerup", release);
  drawing.el.addEventListener("pointercancel", release);
  drawing.el.addEventListener("dblclick", (event) => {
    const place = placeOf(event as PointerEvent);
    if (place && onEdit && usable()) type(place.index, null);
  });
  drawing.el.addEventListener("focusin", (event) => {
    const group = (event.target as Element).closest<SVGGElement>(".cw-stem");
    if (!group) return;
    cursor = Number(group.dataset["index"]);
    show();
  });
  drawing.el.addEventListener("focusout", () => queueMicrotask(show));
  drawing.el.addEventListener("keydown", key);

  function key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !usable()) return;
    const step = roundStep((props.range[1] - props.range[0]) / 20) * (event.shiftKey ? 10 : 1);
    const { value } = props.stems[cursor] ?? { value: 0 };
    const acts: Record<string, () => void> = {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      Home: () => go(-Infinity),
      End: () => go(Infinity),
      ...(onEdit && {
        ArrowUp: () => onEdit(cursor, snapTo(value + step, step / 10), false),
        ArrowDown: () => onEdit(cursor, snapTo(value - step, step / 10), false),
        Enter: () => type(cursor, null),
        Delete: () => onEdit(cursor, 0, true),
        Backspace: () => onEdit(cursor, 0, true),
      }),
    };
    const typed = onEdit && /^[\d.+\-−]$/.test(event.key);
    const act = typed ? () => type(cursor, event.key) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function go(by: number): void {
    const places = props.stems.map((_, index) => index).filter(reachable);
    const from = places.indexOf(!onEdit && props.marker !== null ? props.marker : cursor);
    const index = places[clamp(from + by, 0, places.length - 1)];
    if (index === undefined) return;
    focus(index);
    onChoose?.(index);
  }

  function type(index: number, typed: string | null): void {
    const stem = props.stems[index];
    if (!layout || !stem) return;
    focus(index);
    cellField({
      parent: el,
      label: t("stems.edit", { name: props.name?.(index) ?? "" }),
      typed,
      value: stem.value,
      box: fieldBox(layout, stem.at, stem.value),
      onValue: (value) => onEdit?.(index, value, true),
      onLeave: (down, right) => {
        const next = index + (right || down);
        focus(reachable(next) ? next : index);
      },
    });
  }

  show();
  return {
    el,
    update(patch) {
      merge(props, patch);
      show();
    },
    destroy() {
      room.stop();
      el.remove();
    },
  };
}

/** While a dot is dragged the scale stays, so that the dot stays under the finger, or else grows. */
function wider(held: readonly [number, number], now: readonly [number, number]): [number, number] {
  return [Math.min(held[0], now[0]), Math.max(held[1], now[1])];
}
