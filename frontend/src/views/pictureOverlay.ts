import type { Maps } from "../engine/types";
import type { Region } from "./cellGrid";
import { clamp } from "./cellKeys";
import { setAttribute, svg, uid } from "./dom";
import type { PictureProps } from "./pictureView";
import { type Box, blocks, hasHoles, hull, px, rectangle, runs } from "./regions";
import type { Role } from "./theme";

const SMALLEST_BOX = 9;
const OVERSHOOT = 14;
const MOST_RECTANGLES = 2000;

interface Size {
  width: number;
  height: number;
}

/** What lies over a picture: paths in screen pixels, so that lines keep their weight. */
export function pictureOverlay(role: Role) {
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
  return {
    left: box.left - across,
    right: box.right + across,
    top: box.top - down,
    bottom: box.bottom + down,
  };
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
