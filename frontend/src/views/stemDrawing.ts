import { h, setAttribute, setText, svg, uid } from "./dom";
import { formatNumber } from "./format";
import { linear } from "./plotScale";
import { px } from "./regions";
import type { StemPlotProps } from "./stemPlot";
import type { Role } from "./theme";

/** Where things stand in a stem plot, in pixels. */
export interface StemLayout {
  width: number;
  /** Of one step of the axis. */
  unit: number;
  x(at: number): number;
  y(value: number): number;
  /** What a pixel is worth. */
  perPixel: number;
}

const ABOVE = 24;
const BELOW = 20;
const CHARACTER = 7;
const NEAR = 24;

export function stemLayout({ domain, range, height, indexed }: StemPlotProps, width: number): StemLayout {
  const unit = width / (domain[1] - domain[0]);
  const bottom = height - (indexed ? BELOW : 0) - (range[0] < 0 ? ABOVE : 6);
  const y = linear(range, [bottom, ABOVE]);
  return { width, unit, x: linear(domain, [0, width]), y, perPixel: (range[1] - range[0]) / (bottom - ABOVE) };
}

/** The parts of one stem. */
interface Part {
  el: SVGGElement;
  line: SVGLineElement;
  dot: SVGCircleElement;
  grip: SVGRectElement;
  value: SVGTextElement;
  index: SVGTextElement;
}

/** Paints stems: a line from zero, a dot, the number, and the index below. */
export function stemDrawing(role: Role, editable: boolean) {
  const band = svg("rect", { class: "cw-stem-band", y: 0 });
  const stripes = uid("hatch");
  const pattern = svg(
    "pattern",
    { id: stripes, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { class: "cw-stem-stripe", y2: 7 }),
  );
  const hatch = svg("g", { class: "cw-stem-hatch" });
  const zero = svg("line", { class: "cw-stem-zero", x1: 0 });
  const holes = svg("g", { class: "cw-stem-holes" });
  const body = svg("g");
  const el = svg("svg", { class: `cw-stems cw-stems-${role}` }, svg("defs", {}, pattern), band, hatch, zero, holes, body);
  const parts: Part[] = [];

  function part(index: number): Part {
    const known = parts[index];
    if (known) return known;
    const line = svg("line", { class: "cw-stem-line", x1: 0, x2: 0 });
    const dot = svg("circle", { class: "cw-stem-dot", cx: 0 });
    const grip = svg("rect", { class: "cw-stem-grip", height: 2 * NEAR });
    const value = svg("text", { class: "cw-stem-value" });
    const place = svg("text", { class: "cw-stem-index" });
    const made = { el: svg("g", { class: "cw-stem", "data-index": index }, line, dot, value, place, grip), line, dot, grip, value, index: place };
    parts[index] = made;
    body.append(made.el);
    return made;
  }

  return {
    el,
    /** The element of a stem, to be focused. */
    stem: (index: number): SVGGElement | undefined => parts[index]?.el,
    paint(props: StemPlotProps, layout: StemLayout, chosen: number | null) {
      const { stems, height, range } = props;
      const { unit, x, y } = layout;
      setAttribute(el, "width", px(layout.width));
      setAttribute(el, "height", px(height));
      setAttribute(zero, "x2", px(layout.width));
      for (const end of ["y1", "y2"]) setAttribute(zero, end, px(y(0)));
      setAttribute(band, "display", props.band ? null : "none");
      if (props.band) {
        setAttribute(band, "height", px(height));
        setAttribute(band, "width", px((props.band[1] - props.band[0] + 1) * unit - 2));
        band.style.transform = `translateX(${px(x(props.band[0] - 0.5) + 1)}px)`;
      }
      marks(hatch, "rect", stems.filter(({ kind }) => kind === "dropped").map(({ at }) => ({
        x: px(x(at - 0.5) + 1), y: 0, width: px(unit - 2), height: px(height - (props.indexed ? BELOW : 0)), fill: `url(#${stripes})`,
      })));
      marks(holes, "circle", (props.holes ?? []).map((at) => ({ cx: px(x(at)), cy: px(y(0)), r: 3 })));
      const radius = Math.min(Math.max(unit * 0.2, 3), 6.5);
      const room = Math.floor((unit - 1) / CHARACTER);
      stems.forEach(({ at, value, kind = "inside" }, index) => {
        const { el: group, line, dot, grip, value: text, index: place } = part(index);
        const hidden = props.filled !== null && props.filled !== undefined && index >= props.filled;
        setAttribute(group, "data-kind", kind);
        setAttribute(group, "data-chosen", index === chosen || null);
        setAttribute(group, "data-marked", index === props.marker || null);
        setAttribute(group, "data-lit", props.lit.includes(index) || null);
        setAttribute(group, "data-hidden", hidden || null);
        group.style.transform = `translateX(${px(x(at))}px)`;
        const end = Number.isFinite(value) ? y(Math.min(Math.max(value, range[0] * 3 - 1), range[1] * 3 + 1)) : y(0);
        setAttribute(line, "y1", px(y(0)));
        setAttribute(line, "y2", px(hidden ? y(0) : end));
        setAttribute(dot, "cy", px(hidden ? y(0) : end));
        setAttribute(dot, "r", px(radius));
        setAttribute(grip, "x", px(-unit / 2));
        setAttribute(grip, "width", px(unit));
        setAttribute(grip, "y", px(end - NEAR));
        const looked = index === chosen || index === props.marker;
        const short = looked ? formatNumber(value, { room: 6 }) : shortText(value, room);
        const told = hidden || (!looked && short.length > room + 1) ? "" : short;
        setText(text, told);
        setAttribute(text, "y", px(value < 0 ? end + radius + 13 : end - radius - 4));
        const labelled = props.indexed && kind !== "padding";
        setText(place, labelled && (unit >= 15 || index % 5 === 0) ? String(props.indices?.[index] ?? at) : "");
        setAttribute(place, "y", px(height - 5));
        speak(group, props, index, editable);
      });
      for (const gone of parts.splice(stems.length)) gone.el.remove();
    },
  };
}

/** What a screen reader hears of one stem. */
function speak(group: SVGGElement, props: StemPlotProps, index: number, editable: boolean): void {
  const stem = props.stems[index];
  if (!stem || !props.name) return;
  const reached = props.reachable?.(index) ?? true;
  setAttribute(group, "role", reached ? (editable ? "slider" : "radio") : null);
  setAttribute(group, "aria-hidden", reached ? null : "true");
  if (!reached) return;
  const hidden = props.filled !== null && props.filled !== undefined && index >= props.filled;
  setAttribute(group, "aria-label", props.name(index));
  if (editable) {
    setAttribute(group, "aria-orientation", "vertical");
    setAttribute(group, "aria-valuenow", stem.value);
    setAttribute(group, "aria-valuetext", formatNumber(stem.value));
    setAttribute(group, "aria-disabled", props.locked ?? null);
  } else {
    setAttribute(group, "aria-checked", index === props.marker);
    setAttribute(group, "data-value", hidden ? null : stem.value);
  }
}

/** A number in little room: without the zero before the point where that is too long. */
function shortText(value: number, room: number): string {
  const text = formatNumber(value, { room: Math.min(Math.max(room + 1, 2), 6) });
  return text.length > room ? text.replace(/^(−?)0\./, "$1.") : text;
}

/** As many shapes as there are attributes, each with its own. */
function marks(parent: SVGGElement, tag: "rect" | "circle", all: readonly Record<string, string | number>[]): void {
  while (parent.childElementCount > all.length) parent.lastElementChild?.remove();
  while (parent.childElementCount < all.length) parent.append(svg(tag));
  all.forEach((attributes, i) => {
    for (const [name, value] of Object.entries(attributes)) setAttribute(parent.children[i] as Element, name, value);
  });
}

/** The box that a field for one stem's number covers. */
export function fieldBox(layout: StemLayout, at: number, value: number) {
  return { left: layout.x(at) - layout.unit / 2, top: layout.y(value) - 13, width: layout.unit, height: 26 };
}

/** Whether a height is near enough to a dot to take hold of it. */
export function nearDot(layout: StemLayout, value: number, y: number): boolean {
  return Math.abs(layout.y(value) - y) <= NEAR;
}

/** The element around a drawing that fields are placed in. */
export function stemFrame(drawing: SVGSVGElement): HTMLElement {
  return h("div", { class: "cw-stem-plot" }, drawing);
}
