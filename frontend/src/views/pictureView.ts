import type { Maps } from "../engine/types";
import { t } from "../words";
import type { Cell, CellEvents, Region } from "./cellGrid";
import { cellAfterKey, clamp, sameCell } from "./cellKeys";
import { h, setAttribute, setText, svg, uid } from "./dom";
import { paintMaps } from "./paint";
import { type Box, blocks, hasHoles, hull, px, rectangle, runs } from "./regions";
import { watchRoom } from "./room";
import { type Role, type Scale, watchTheme } from "./theme";

export interface PictureOptions extends CellEvents {
  /** The map's role: colours the marker. */
  role: Role;
}

export interface PictureProps {
  /** Says what the picture is, with its size. */
  label: string;
  /** Null: nothing to show yet. Painted anew when it is another object than before. */
  maps: Maps | null;
  /** Which of several maps; all three as red, green and blue when the scale is "colour". */
  channel?: number;
  scale: Scale;
  /** The input under the kernel: a rectangle in the kernel's colour, dashed outside the picture. */
  window?: Region | null;
  /** One cell, in the picture's role colour. */
  marker?: Cell | null;
  /** The marker stays when the pointer leaves: drawn heavier. */
  pinned?: boolean;
  /** Cells that belong to what is hovered elsewhere. */
  highlight?: (Region & { role: Role }) | null;
  /** Cells done so far, in reading order; the rest is hatched. Null: all. */
  filled?: number | null;
  /** Whole rows and whole columns that no window reads. */
  dropped?: Region | null;
  /** The cell the arrow keys move from; the marker, or the window's middle, unless told. */
  cursor?: Cell | null;
  /** What to say when there are no maps. */
  empty?: string;
}

export interface PictureView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: PictureProps): void;
  /** The picture alone, one pixel a cell, for copying. */
  canvas: HTMLCanvasElement;
  destroy(): void;
}

// A picture flatter or steeper than this is stretched, so that it can still be pointed at.
const STEEPEST = 16;
const SMALLEST_BOX = 9;
const OVERSHOOT = 14;
const MOST_RECTANGLES = 2000;

/** A map as a picture, with what is chosen, filled in and read drawn over it. */
export function pictureView(options: PictureOptions): PictureView {
  const { role } = options;
  const canvas = h("canvas", { class: "cw-picture-canvas", "aria-hidden": "true" });
  const layer = overlay(role);
  const empty = h("p", { class: "cw-picture-empty" });
  const interactive = Boolean(options.onMove ?? options.onPick);
  const frame = h(
    "div",
    { class: "cw-picture-frame", role: interactive ? "application" : "img", tabindex: interactive ? 0 : null },
    canvas,
    layer.el,
    empty,
  );
  const el = h("div", { class: `cw-picture cw-role-${role}` }, frame);

  let props: PictureProps | null = null;
  let painted: { maps: Maps; channel: number; key: string } | null = null;
  let hovered: Cell | null = null;
  const theme = watchTheme(el, () => refresh());
  const room = watchRoom(frame, () => refresh());

  const refresh = () => {
    if (!props) return;
    paint(props);
    draw(props);
  };

  const paint = ({ maps, scale, channel = 0 }: PictureProps) => {
    if (!maps) {
      painted = null;
      return;
    }
    const { dark } = theme.current();
    const key = `${scale.kind} ${scale.low} ${scale.high} ${dark}`;
    if (painted?.maps === maps && painted.channel === channel && painted.key === key) return;
    paintMaps(canvas, maps, scale, channel, dark);
    painted = { maps, channel, key };
  };

  const draw = (shown: PictureProps) => {
    const { maps } = shown;
    if (!maps || !room.width) return;
    // Below one screen pixel a cell, leaving cells out would make patterns that are not there.
    canvas.classList.toggle("cw-smooth", (room.width * devicePixelRatio) / maps.width < 1);
    layer.draw(shown, maps, room);
  };

  const cellAt = (event: MouseEvent): Cell | null => {
    if (!props?.maps) return null;
    const box = frame.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * props.maps.height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * props.maps.width);
    return [clamp(row, 0, props.maps.height - 1), clamp(column, 0, props.maps.width - 1)];
  };

  const hover = (cell: Cell | null) => {
    if (sameCell(cell, hovered)) return;
    hovered = cell;
    options.onHover?.(cell);
  };

  const dragged = (event: PointerEvent) => {
    const cell = cellAt(event);
    if (cell && !sameCell(cell, props?.cursor ?? props?.marker)) options.onMove?.(cell);
  };

  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") hover(cellAt(event));
    else if (frame.hasPointerCapture(event.pointerId)) dragged(event);
  });
  frame.addEventListener("pointerleave", () => hover(null));
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    frame.setPointerCapture(event.pointerId);
    dragged(event);
  });
  frame.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell) options.onPick?.(cell);
  });
  frame.addEventListener("keydown", (event) => {
    if (!props?.maps || !interactive) return;
    const cursor = cursorOf(props);
    const bounds = { top: 0, left: 0, bottom: props.maps.height - 1, right: props.maps.width - 1 };
    const cell = cellAfterKey(event, cursor, bounds);
    if (cell) options.onMove?.(cell);
    else if (event.key === "Enter") options.onPick?.(cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    el,
    canvas,
    update(next) {
      props = next;
      const { maps } = next;
      frame.classList.toggle("cw-is-empty", !maps);
      frame.classList.toggle("cw-pinned", next.pinned ?? false);
      canvas.hidden = !maps;
      empty.hidden = Boolean(maps);
      setText(empty, next.empty ?? t("panel.empty"));
      setAttribute(frame, "aria-label", interactive ? t("grid.keys", { label: next.label }) : next.label);
      const ratio = maps ? clamp(maps.width / maps.height, 1 / STEEPEST, STEEPEST) : 1;
      frame.style.aspectRatio = String(ratio);
      frame.style.width = `${Math.min(1, ratio) * 100}%`;
      refresh();
    },
    destroy() {
      room.stop();
      theme.stop();
      el.remove();
    },
  };
}

function cursorOf({ cursor, marker, window: read, maps }: PictureProps): Cell {
  if (cursor ?? marker) return (cursor ?? marker) as Cell;
  const { height, width } = maps as Maps;
  const middle = (indices: readonly number[] | undefined, size: number) =>
    clamp(indices?.[indices.length >> 1] ?? size >> 1, 0, size - 1);
  return [middle(read?.rows, height), middle(read?.columns, width)];
}

interface Size {
  width: number;
  height: number;
}

/** What lies over a picture: paths in screen pixels, so that lines keep their weight. */
function overlay(role: Role) {
  const line = (name: string) => svg("path", { class: name });
  const hatch = uid("hatch");
  const inside = uid("inside");
  const outside = uid("outside");
  const near = uid("near");
  const nearArea = svg("path");
  const insideArea = svg("path");
  const outsideArea = svg("path", { "clip-rule": "evenodd" });
  const paths = {
    dropped: svg("path", { class: "cw-over-dropped", fill: `url(#${hatch})` }),
    unfilled: line("cw-over-unfilled"),
    unfilledHatch: svg("path", { fill: `url(#${hatch})` }),
    highlight: line("cw-over-highlight"),
    crossHalo: line("cw-over-halo cw-over-cross-halo"),
    cross: line("cw-over-cross"),
    windowHalo: line("cw-over-halo"),
    window: line("cw-over-window"),
    cells: svg("path", { class: "cw-over-cells", "clip-path": `url(#${near})` }),
    beyond: svg("path", { class: "cw-over-beyond", "clip-path": `url(#${outside})` }),
    markerHalo: line("cw-over-halo"),
    marker: line(`cw-over-marker cw-stroke-${role}`),
  };
  const el = svg(
    "svg",
    { class: "cw-picture-overlay", "aria-hidden": "true" },
    svg(
      "defs",
      null,
      svg(
        "pattern",
        { id: hatch, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { class: "cw-hatch-line", width: 2, height: 7 }),
      ),
      svg("clipPath", { id: inside }, insideArea),
      svg("clipPath", { id: outside }, outsideArea),
      svg("clipPath", { id: near }, nearArea),
    ),
    ...Object.values(paths),
  );
  const set = (path: SVGPathElement, d: string) => setAttribute(path, "d", d);

  return {
    el,
    draw(props: PictureProps, maps: Maps, size: Size) {
      const across = size.width / maps.width;
      const down = size.height / maps.height;
      const boxOf = ({ rows, columns }: Region): Box => ({
        top: Math.min(...rows) * down,
        bottom: (Math.max(...rows) + 1) * down,
        left: Math.min(...columns) * across,
        right: (Math.max(...columns) + 1) * across,
      });
      const { window: read, marker, highlight } = props;

      set(paths.dropped, droppedPath(props.dropped, maps, size));
      const rest = unfilledPath(props.filled, maps, size);
      set(paths.unfilled, rest);
      set(paths.unfilledHatch, rest);
      setAttribute(paths.highlight, "class", `cw-over-highlight cw-tint-${highlight?.role ?? role}`);
      set(paths.highlight, highlight ? regionPath(highlight, across, down) : "");

      const markerBox = marker ? enlarged(boxOf({ rows: [marker[0]], columns: [marker[1]] })) : null;
      const windowBox = read?.rows.length && read.columns.length ? enlarged(boxOf(read)) : null;
      const centre = markerBox ?? windowBox;
      const cross = centre ? crossPath(centre, size) : "";
      set(paths.cross, cross);
      set(paths.crossHalo, cross);
      setAttribute(paths.cross, "class", `cw-over-cross cw-stroke-${markerBox ? role : "kernel"}`);
      set(paths.marker, markerBox ? rectangle(markerBox) : "");
      set(paths.markerHalo, markerBox ? rectangle(markerBox) : "");

      const whole = windowBox && read ? rectangle(windowBox) : "";
      const overshoots = read ? reachesOut(boxOf(read), size) : false;
      for (const path of [paths.window, paths.windowHalo]) {
        set(path, whole);
        setAttribute(path, "clip-path", overshoots ? `url(#${inside})` : null);
      }
      set(paths.beyond, overshoots ? whole : "");
      const picture = { left: -1, top: -1, right: size.width + 1, bottom: size.height + 1 };
      set(insideArea, rectangle(picture));
      set(nearArea, rectangle(grown(picture, OVERSHOOT)));
      set(outsideArea, rectangle(grown(picture, OVERSHOOT)) + rectangle(picture));
      const apart = read && hasHoles(read);
      set(paths.cells, apart && Math.min(across, down) >= 4 ? regionPath(read, across, down) : "");
    },
  };
}

function reachesOut({ left, top, right, bottom }: Box, { width, height }: Size): boolean {
  return left < -0.01 || top < -0.01 || right > width + 0.01 || bottom > height + 0.01;
}

function grown({ left, top, right, bottom }: Box, by: number): Box {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by };
}

/** A box large enough to be seen. */
function enlarged(box: Box): Box {
  const across = Math.max(0, SMALLEST_BOX - (box.right - box.left)) / 2;
  const down = Math.max(0, SMALLEST_BOX - (box.bottom - box.top)) / 2;
  return { left: box.left - across, right: box.right + across, top: box.top - down, bottom: box.bottom + down };
}

function crossPath({ left, top, right, bottom }: Box, { width, height }: Size): string {
  const x = clamp((left + right) / 2, 0, width);
  const y = clamp((top + bottom) / 2, 0, height);
  const parts: string[] = [];
  if (top > 0) parts.push(`M${px(x)} 0V${px(top)}`);
  if (bottom < height) parts.push(`M${px(x)} ${px(bottom)}V${px(height)}`);
  if (left > 0) parts.push(`M0 ${px(y)}H${px(left)}`);
  if (right < width) parts.push(`M${px(right)} ${px(y)}H${px(width)}`);
  return parts.join("");
}

function regionPath(region: Region, across: number, down: number): string {
  let parts = blocks(region);
  if (parts.length > MOST_RECTANGLES || Math.min(across, down) < 3) parts = blocks(hull(region));
  return parts
    .map(({ rows: [top, bottom], columns: [left, right] }) =>
      rectangle({
        left: left * across,
        right: (right + 1) * across,
        top: top * down,
        bottom: (bottom + 1) * down,
      }),
    )
    .join("");
}

function droppedPath(dropped: Region | null | undefined, maps: Maps, { width, height }: Size): string {
  if (!dropped) return "";
  const down = height / maps.height;
  const across = width / maps.width;
  const bands = runs(dropped.rows).map(([top, bottom]) =>
    rectangle({ left: 0, right: width, top: top * down, bottom: (bottom + 1) * down }),
  );
  const stripes = runs(dropped.columns).map(([left, right]) =>
    rectangle({ left: left * across, right: (right + 1) * across, top: 0, bottom: height }),
  );
  return [...bands, ...stripes].join("");
}

function unfilledPath(filled: number | null | undefined, maps: Maps, { width, height }: Size): string {
  if (filled === null || filled === undefined || filled >= maps.width * maps.height) return "";
  const row = Math.floor(filled / maps.width);
  const top = (row * height) / maps.height;
  const below = ((row + 1) * height) / maps.height;
  const left = ((filled % maps.width) * width) / maps.width;
  return `M${px(left)} ${px(top)}H${px(width)}V${px(height)}H0V${px(below)}H${px(left)}Z`;
}
