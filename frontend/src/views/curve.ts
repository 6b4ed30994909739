/** A quantity that falls or grows over steps, on a scale of powers of ten. */
import { h, listen, setAttribute, setText, svg } from "./dom";
import { formatNumber } from "./format";
import { watchRoom } from "./room";
import { t } from "../words";

export interface CurveOptions {
  /** A step was chosen by pointer. */
  onPick?(step: number): void;
}

export interface CurveProps {
  /** Says what is drawn. */
  label: string;
  /** What the steps are called, under the axis. */
  axis: string;
  /** A value for each step from 0; those that the axis does not reach leave gaps. */
  values: ArrayLike<number>;
  /** Another such curve, drawn behind it, with its name. */
  beside?: { values: ArrayLike<number>; label: string } | null;
  /** How many steps the axis has. */
  steps: number;
}

export interface CurveView {
  el: HTMLElement;
  update(props: CurveProps): void;
  toSVG(): string;
  destroy(): void;
}

const HEIGHT = 190;
const ROOM = { left: 46, right: 12, top: 10, bottom: 32 };
const DEFAULT_WIDTH = 420;
/** The axis goes no further down or up. */
const FLOOR = 1e-12;
const CEILING = 1e24;
const MOST_LABELS = 6;

/** A curve with its axes; what lies beyond them stands on their rim as an arrow. */
export function curve({ onPick }: CurveOptions = {}): CurveView {
  const el = h("div", { class: "cw-curve" });
  const readout = h("p", { class: "cw-curve-note" });
  const grid = svg("g", { class: "cw-curve-grid" });
  const behind = svg("path", { class: "cw-curve-behind" });
  const line = svg("path", { class: "cw-curve-line" });
  const point = svg("circle", { class: "cw-curve-point", r: 4.5 });
  const beyond = svg("path", { class: "cw-curve-beyond" });
  const cursor = svg("line", { class: "cw-curve-cursor" });
  const drawing = svg("svg", { class: "cw-curve-svg", role: "img" }, grid, behind, line, cursor, beyond, point);
  el.append(drawing, readout);
  let props: CurveProps = { label: "", axis: "", values: [], steps: 1 };
  let pointed: number | null = null;
  let marks = "";
  const room = watchRoom(el, () => show());

  const widthOf = () => Math.max(room.width || DEFAULT_WIDTH, 160);
  const inner = () => widthOf() - ROOM.left - ROOM.right;
  const x = (step: number) => ROOM.left + (inner() * step) / Math.max(1, props.steps);

  const stepAt = (event: PointerEvent | MouseEvent) => {
    const { left } = drawing.getBoundingClientRect();
    const step = Math.round(((event.clientX - left - ROOM.left) / inner()) * props.steps);
    return Math.min(Math.max(step, 0), props.steps);
  };

  listen(drawing as unknown as HTMLElement, "pointermove", (event) => {
    pointed = stepAt(event);
    show();
  });
  listen(drawing as unknown as HTMLElement, "pointerleave", () => {
    pointed = null;
    show();
  });
  listen(drawing as unknown as HTMLElement, "click", (event) => onPick?.(stepAt(event)));

  function show(): void {
    const { values, beside, steps, label, axis } = props;
    if (values.length === 0) return;
    const width = widthOf();
    const [low, high] = decades([values, beside?.values ?? []]);
    const y = (value: number) => {
      const share = (Math.log10(Math.min(Math.max(value, 10 ** low), 10 ** high)) - low) / (high - low);
      return HEIGHT - ROOM.bottom - share * (HEIGHT - ROOM.top - ROOM.bottom);
    };
    setAttribute(drawing, "width", width);
    setAttribute(drawing, "height", HEIGHT);
    setAttribute(drawing, "viewBox", `0 0 ${width} ${HEIGHT}`);
    const key = JSON.stringify([width, low, high, steps, axis]);
    if (key !== marks) {
      marks = key;
      grid.replaceChildren(...axes(low, high, y));
    }
    setAttribute(behind, "d", path(beside?.values ?? [], y));
    setAttribute(line, "d", path(values, y));
    const last = values.length - 1;
    const now = values[last] as number;
    const there = now >= FLOOR && now <= CEILING;
    setAttribute(point, "cx", x(last));
    setAttribute(point, "cy", y(Number.isNaN(now) ? Infinity : now));
    setAttribute(point, "visibility", there ? null : "hidden");
    setAttribute(beyond, "d", there ? "" : arrow(x(last), now < FLOOR));
    const at = pointed === null || pointed > last ? null : pointed;
    setAttribute(cursor, "visibility", at === null ? "hidden" : null);
    for (const [name, value] of Object.entries({ x1: x(at ?? 0), x2: x(at ?? 0), y1: ROOM.top, y2: HEIGHT - ROOM.bottom })) {
      setAttribute(cursor, name, value);
    }
    const told = at ?? last;
    const old = beside?.values[told];
    const text = t("curve.at", { step: told, value: formatNumber(values[told] as number, { room: 7 }) });
    const other = beside && old !== undefined ? t("curve.beside", { label: beside.label, value: formatNumber(old, { room: 7 }) }) : "";
    setText(readout, `${text} ${other}`.trim());
    setAttribute(drawing, "aria-label", `${label} ${text}`);
  }

  function path(values: ArrayLike<number>, y: (value: number) => number): string {
    let pen = "M";
    const parts: string[] = [];
    for (let step = 0; step < Math.min(values.length, props.steps + 1); step++) {
      const value = values[step] as number;
      if (!(value >= FLOOR && value <= CEILING)) {
        pen = "M";
        continue;
      }
      parts.push(`${pen}${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
      pen = "L";
    }
    return parts.join("");
  }

  function axes(low: number, high: number, y: (value: number) => number): Element[] {
    const every = Math.ceil((high - low) / MOST_LABELS);
    const powers = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
    const right = ROOM.left + inner();
    const bottom = HEIGHT - ROOM.bottom;
    const rows = powers.flatMap((power) => {
      const at = y(10 ** power);
      return [
        svg("line", { x1: ROOM.left, x2: right, y1: at, y2: at }),
        svg("text", { x: ROOM.left - 6, y: at + 4, "text-anchor": "end" }, powerText(power)),
      ];
    });
    const jump = tick(props.steps);
    const count = Math.floor(props.steps / jump);
    const columns = Array.from({ length: count + 1 }, (_, i) => {
      const anchor = i === count && x(i * jump) > right - 8 ? "end" : "middle";
      return svg("text", { x: x(i * jump), y: bottom + 15, "text-anchor": anchor }, String(i * jump));
    });
    const name = svg("text", { x: ROOM.left + inner() / 2, y: HEIGHT - 3, "text-anchor": "middle" }, props.axis);
    return [...rows, ...columns, name];
  }

  return {
    el,
    update(next) {
      props = next;
      show();
    },
    toSVG() {
      const copy = drawing.cloneNode(true) as SVGSVGElement;
      const source = [drawing, ...drawing.querySelectorAll("*")];
      [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
        const style = getComputedStyle(source[i] as Element);
        for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family"]) {
          node.setAttribute(name, style.getPropertyValue(name));
        }
        node.removeAttribute("class");
      });
      copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      return new XMLSerializer().serializeToString(copy);
    },
    destroy() {
      room.stop();
      el.remove();
    },
  };
}

/** The powers of ten about all values that can be drawn. */
export function decades(curves: readonly ArrayLike<number>[]): [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (const values of curves) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!(value >= FLOOR && value <= CEILING)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [-1, 1];
  const bottom = Math.floor(Math.log10(low));
  return [bottom, Math.max(Math.ceil(Math.log10(high)), bottom + 1)];
}

/** 1, 2 or 5 times a power of ten, so that an axis has about five labels. */
export function tick(steps: number): number {
  const rough = Math.max(1, steps / 6);
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((times) => times * power >= rough) as number) * power;
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function powerText(power: number): string {
  if (power >= 0 && power <= 3) return String(10 ** power);
  if (power < 0 && power >= -2) return (10 ** power).toFixed(-power);
  const digits = [...String(Math.abs(power))].map((digit) => RAISED[Number(digit)]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

function arrow(at: number, down: boolean): string {
  const [tip, foot] = down ? [HEIGHT - ROOM.bottom, -9] : [ROOM.top, 9];
  return `M${at} ${tip}l-5 ${foot}h10z`;
}
