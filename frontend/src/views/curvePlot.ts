/** Curves over a common axis, the area under one of them, and a place on the axis that can be moved. */
import { clamp } from "./cellKeys";
import { type View, h, merge, setAttribute, setText, svg } from "./dom";
import { formatNumber } from "./format";
import { linear, roundStep } from "./plotScale";
import { px } from "./regions";
import { watchRoom } from "./room";
import type { Role } from "./theme";

export interface Curve {
  role: Role;
  /** Evenly spread values, and where the first and the last stand. */
  values: ArrayLike<number>;
  from: number;
  to: number;
  /** Its area is shaded. */
  shaded?: boolean;
  /** Only a hint of what is to come. */
  faint?: boolean;
}

export interface CurvePlotProps {
  label: string;
  curves: readonly Curve[];
  domain: readonly [number, number];
  range: readonly [number, number];
  height: number;
  /** The place that is explained, its dot's height or null, and what is said of it. */
  marker: { at: number; value: number | null; text: string } | null;
  locked: boolean;
}

export interface CurvePlotOptions {
  /** The place was moved by pointer or keys. */
  onSlide?(at: number): void;
  /** What a hand draws on: the value at a place, and a new one there; `done` ends the stroke. */
  drawing?: { read(at: number): number; write(at: number, value: number, done: boolean): void };
  /** What a key moves by. */
  step?: number;
}

const TOP = 16;
const BOTTOM = 20;
/** The part of the range from which on a step between two values is a jump. */
const JUMP = 0.35;

export function curvePlot({ onSlide, drawing: drawn, step = 0.125 }: CurvePlotOptions): View<CurvePlotProps> {
  const props: CurvePlotProps = {
    label: "", curves: [], domain: [-4, 4], range: [0, 1], height: 120, marker: null, locked: false,
  };
  const grid = svg("path", { class: "cw-curve-grid" });
  const zero = svg("path", { class: "cw-curve-zero" });
  const ticks = svg("g", { class: "cw-curve-ticks", "aria-hidden": "true" });
  const body = svg("g");
  const line = svg("line", { class: "cw-curve-marker" });
  const dot = svg("circle", { class: "cw-curve-dot", r: 5.5 });
  const said = svg("text", { class: "cw-curve-said" });
  const drawing = svg("svg", { class: "cw-curves", tabindex: onSlide || drawn ? 0 : null }, grid, zero, ticks, body, line, dot, said);
  const el = h("div", { class: "cw-curve-plot" }, drawing);
  const room = watchRoom(el, show);
  let held = false;
  let last: readonly [number, number] | null = null;
  let cursor = 0;

  const scales = () => ({
    x: linear(props.domain, [0, room.width]),
    y: linear(props.range, [props.height - BOTTOM, TOP]),
  });

  function show(): void {
    el.classList.toggle("cw-curves-move", usable());
    setAttribute(drawing, "aria-label", props.label);
    setAttribute(drawing, "role", onSlide || drawn ? "slider" : "img");
    const at = drawn ? cursor : props.marker?.at;
    if (at !== undefined && (onSlide || drawn)) {
      setAttribute(drawing, "aria-valuemin", props.domain[0]);
      setAttribute(drawing, "aria-valuemax", props.domain[1]);
      setAttribute(drawing, "aria-valuenow", at);
      setAttribute(drawing, "aria-valuetext", drawn ? `${formatNumber(at)}: ${formatNumber(drawn.read(at))}` : props.marker?.text);
    }
    if (!room.width) return;
    const { x, y } = scales();
    setAttribute(drawing, "width", px(room.width));
    setAttribute(drawing, "height", px(props.height));
    setAttribute(zero, "d", `M0 ${px(y(0))}H${px(room.width)}`);
    axis(x, y);
    while (body.childElementCount > 2 * props.curves.length) body.lastElementChild?.remove();
    while (body.childElementCount < 2 * props.curves.length) body.append(svg("path"));
    props.curves.forEach((curve, i) => {
      const path = pathOf(curve, x, y, props.range);
      const [area, stroke] = [body.children[2 * i] as Element, body.children[2 * i + 1] as Element];
      setAttribute(area, "class", `cw-curve-area cw-curve-${curve.role}`);
      setAttribute(area, "d", curve.shaded && path ? `${path}L${px(x(curve.to))} ${px(y(0))}L${px(x(curve.from))} ${px(y(0))}Z` : "");
      setAttribute(stroke, "class", `cw-curve-line cw-curve-${curve.role}${curve.faint ? " cw-curve-faint" : ""}`);
      setAttribute(stroke, "d", path);
    });
    const mark = drawn && document.activeElement === drawing ? { at: cursor, value: (drawn?.read(cursor) ?? 0), text: formatNumber((drawn?.read(cursor) ?? 0)) } : props.marker;
    for (const part of [line, dot, said]) setAttribute(part, "display", mark ? null : "none");
    if (!mark) return;
    const left = x(mark.at);
    for (const end of ["x1", "x2"]) setAttribute(line, end, px(left));
    setAttribute(line, "y1", 0);
    setAttribute(line, "y2", px(props.height - BOTTOM));
    setAttribute(dot, "display", mark.value === null ? "none" : null);
    if (mark.value !== null) {
      setAttribute(dot, "cx", px(left));
      setAttribute(dot, "cy", px(y(mark.value)));
    }
    const right = left > room.width / 2;
    setText(said, mark.text);
    setAttribute(said, "x", px(left + (right ? -8 : 8)));
    setAttribute(said, "y", 12);
    setAttribute(said, "text-anchor", right ? "end" : "start");
  }

  function axis(x: (value: number) => number, y: (value: number) => number): void {
    const across = roundStep((props.domain[1] - props.domain[0]) / Math.max(room.width / 50, 2));
    const up = roundStep((props.range[1] - props.range[0]) / 3);
    const places = multiples(props.domain, across).filter((at) => x(at) > 8 && x(at) < room.width - 8);
    const values = multiples(props.range, up).filter((value) => value !== 0);
    setAttribute(grid, "d", [
      ...places.map((at) => `M${px(x(at))} ${TOP}V${px(props.height - BOTTOM)}`),
      ...values.map((value) => `M0 ${px(y(value))}H${px(room.width)}`),
    ].join(""));
    const texts = [
      ...places.map((at) => ({ text: formatNumber(at), x: x(at), y: props.height - 5, anchor: "middle" })),
      ...values.map((value) => ({ text: formatNumber(value), x: 3, y: y(value) - 3, anchor: "start" })),
    ];
    while (ticks.childElementCount > texts.length) ticks.lastElementChild?.remove();
    while (ticks.childElementCount < texts.length) ticks.append(svg("text"));
    texts.forEach((tick, i) => {
      const node = ticks.children[i] as Element;
      setText(node, tick.text);
      setAttribute(node, "x", px(tick.x));
      setAttribute(node, "y", px(tick.y));
      setAttribute(node, "text-anchor", tick.anchor);
    });
  }

  const usable = () => !props.locked && (onSlide !== undefined || drawn !== undefined);

  function pull(event: PointerEvent, done: boolean): void {
    const box = drawing.getBoundingClientRect();
    const { domain, range, height } = props;
    const at = clamp(domain[0] + ((event.clientX - box.left) / room.width) * (domain[1] - domain[0]), ...domain);
    if (onSlide) return onSlide(at);
    const share = (height - BOTTOM - (event.clientY - box.top)) / (height - BOTTOM - TOP);
    const value = clamp(range[0] + share * (range[1] - range[0]), ...range);
    // A fast hand skips places: those between two looks at it lie on a line.
    const [from, was] = last ?? [at, value];
    const steps = Math.max(1, Math.ceil(Math.abs(at - from) / step));
    for (let i = 1; i <= steps; i++) {
      drawn?.write(from + ((at - from) * i) / steps, was + ((value - was) * i) / steps, done && i === steps);
    }
    last = [at, value];
    cursor = clamp(Math.round(at / step) * step, ...domain);
  }

  drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !usable()) return;
    drawing.setPointerCapture(event.pointerId);
    held = true;
    last = null;
    pull(event, false);
  });
  drawing.addEventListener("pointermove", (event) => held && pull(event, false));
  drawing.addEventListener("pointerup", (event) => {
    if (held) pull(event, true);
    held = false;
  });
  drawing.addEventListener("pointercancel", () => (held = false));
  drawing.addEventListener("focus", show);
  drawing.addEventListener("blur", show);
  drawing.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !usable()) return;
    const by = step * (event.shiftKey ? 8 : 1);
    const from = drawn ? cursor : (props.marker?.at ?? 0);
    const raise = roundStep((props.range[1] - props.range[0]) / 20);
    const places: Record<string, number> = {
      ArrowLeft: from - by, ArrowRight: from + by, Home: props.domain[0], End: props.domain[1],
    };
    const next = places[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (next === undefined && (up === undefined || !drawn)) return;
    event.preventDefault();
    event.stopPropagation();
    if (next === undefined) drawn?.write(cursor, clamp((drawn?.read(cursor) ?? 0) + (up as number) * raise, ...props.range), false);
    else if (onSlide) onSlide(clamp(next, ...props.domain));
    else cursor = clamp(Math.round(next / step) * step, ...props.domain);
    show();
  });

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

/** A line through all values; where a curve jumps, upright and halfway between two of them. */
function pathOf(
  { values, from, to }: Curve,
  x: (value: number) => number,
  y: (value: number) => number,
  [low, high]: readonly [number, number],
): string {
  const last = values.length - 1;
  const place = (i: number) => px(x(from + (last ? (i / last) * (to - from) : 0)));
  const points = Array.from(values, (value, i) => {
    const before = values[i - 1] ?? value;
    const jump = Math.abs(value - before) > JUMP * (high - low);
    const edge = jump ? `${place(i - 0.5)} ${px(y(before))}L${place(i - 0.5)} ${px(y(value))}L` : "";
    return `${edge}${place(i)} ${px(y(value))}`;
  });
  return points.length ? `M${points.join("L")}` : "";
}

function multiples([low, high]: readonly [number, number], step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)) + 0);
}
