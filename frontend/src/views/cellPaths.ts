/** Which cells of a grid are meant, and the lines that are drawn round them. */
import type { Cell, CellGridProps, Mark, Region } from "./cellGrid";
import type { Bounds } from "./cellKeys";
import { blocks, hasHoles, hull, px, rectangle, within } from "./regions";
import { type RGB, type Theme, css, hueColour } from "./theme";

/** The part of a map that is drawn: its first row and column and how many there are. */
export interface Frame {
  top: number;
  left: number;
  rows: number;
  columns: number;
  /** The cells that exist, padding included. */
  reach: Bounds;
}

/** The room for the row and column numbers. */
export interface Margin {
  top: number;
  left: number;
}

export interface Layout {
  side: number;
  margin: Margin;
  /** The size of the numbers; null: there is no room for them. */
  type: number | null;
  /** The numbers, cell by cell. */
  texts: readonly string[];
  cursor: Cell;
  theme: Theme;
}

const SMALLEST_RINGED = 18;

export function isInside({ height, width }: CellGridProps, row: number, column: number): boolean {
  return row >= 0 && column >= 0 && row < height && column < width;
}

export function isReached({ reach }: Frame, row: number, column: number): boolean {
  return row >= reach.top && row <= reach.bottom && column >= reach.left && column <= reach.right;
}

/** The first and last row, then the first and last column, that exist and are drawn. */
export function edges({ top, left, rows, columns, reach }: Frame): [number, number, number, number] {
  return [
    Math.max(top, reach.top),
    Math.min(top + rows - 1, reach.bottom),
    Math.max(left, reach.left),
    Math.min(left + columns - 1, reach.right),
  ];
}

export function everything(frame: Frame): Region {
  const [top, bottom, left, right] = edges(frame);
  return { rows: span(top, bottom), columns: span(left, right) };
}

function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

export function membership(region: Region, frame: Frame): Set<number> {
  const { rows, columns } = within(region, ...edges(frame));
  const found = new Set<number>();
  for (const row of rows) {
    for (const column of columns) found.add((row - frame.top) * frame.columns + column - frame.left);
  }
  return found;
}

export function tintsOf({ marks = [] }: CellGridProps, frame: Frame, theme: Theme) {
  const tints = new Map<number, { colour: RGB; strength: number }>();
  for (const mark of marks) {
    if (mark.style !== "tint") continue;
    const tint = { colour: markColour(mark, theme), strength: mark.strength ?? 1 };
    for (const cell of membership(mark, frame)) tints.set(cell, tint);
  }
  return tints;
}

function markColour({ hue, role }: Mark, theme: Theme): RGB {
  return hue === undefined ? theme.roles[role] : hueColour(hue, theme.dark);
}

export interface Stroke {
  d: string;
  colour: string;
  width: number;
  opacity: number | null;
  dashes: string | null;
}

export function strokesOf(mark: Mark, frame: Frame, layout: Layout): Stroke[] {
  const region = within(mark, ...edges(frame));
  const { strength = 1 } = mark;
  if (mark.style === "tint" || !region.rows.length || !region.columns.length) return [];
  const stroke = (
    d: string,
    width: number,
    opacity = 1,
    dashed: string | null = null,
    colour = markColour(mark, layout.theme),
  ): Stroke => ({
    d,
    colour: css(colour),
    width,
    opacity: opacity === 1 ? null : opacity,
    dashes: dashed,
  });
  if (mark.style === "ring") return [stroke(eachCell(region, frame, layout, 2.5), 1.5, strength)];
  const border = regionPath(region, frame, layout, 0);
  const weight = (1 + 1.5 * strength) * Math.min(1, layout.side / SMALLEST_RINGED);
  const outer = stroke(border, weight);
  const halo = stroke(border, 1.8 * weight, 0.8, null, layout.theme.background);
  if (mark.style === "outline") return [halo, outer];
  const inner = stroke(innerLines(region, frame, layout), 1, 0.9);
  if (!hasHoles(region)) return [halo, inner, outer];
  const ringed = layout.side >= SMALLEST_RINGED;
  const about = hull(region);
  return [
    halo,
    inner,
    outer,
    stroke(regionPath(about, frame, layout, -2), 1, 0.9, "3 2"),
    ...(ringed ? [stroke(holeRings(region, about, frame, layout), 1, 0.9)] : []),
  ];
}

/** One rectangle for each block of touching cells, `inset` pixels within the lines between cells. */
export function regionPath(region: Region, frame: Frame, { side, margin }: Layout, inset: number): string {
  const x = margin.left - frame.left * side - 0.5;
  const y = margin.top - frame.top * side - 0.5;
  return blocks(region)
    .map(({ rows: [top, bottom], columns: [left, right] }) =>
      rectangle({
        left: x + left * side + inset,
        right: x + (right + 1) * side - inset,
        top: y + top * side + inset,
        bottom: y + (bottom + 1) * side - inset,
      }),
    )
    .join("");
}

function eachCell({ rows, columns }: Region, frame: Frame, layout: Layout, inset: number): string {
  return rows
    .flatMap((row) =>
      columns.map((column) => regionPath({ rows: [row], columns: [column] }, frame, layout, inset)),
    )
    .join("");
}

/** The lines between the cells of each block, each of them once. */
function innerLines(region: Region, frame: Frame, { side, margin }: Layout): string {
  const x = margin.left - frame.left * side - 0.5;
  const y = margin.top - frame.top * side - 0.5;
  return blocks(region)
    .map(({ rows: [top, bottom], columns: [left, right] }) => {
      const across = span(top + 1, bottom).map(
        (row) => `M${x + left * side} ${y + row * side}H${x + (right + 1) * side}`,
      );
      const down = span(left + 1, right).map(
        (column) => `M${x + column * side} ${y + top * side}V${y + (bottom + 1) * side}`,
      );
      return across.join("") + down.join("");
    })
    .join("");
}

function holeRings(region: Region, about: Region, frame: Frame, { side, margin }: Layout): string {
  const rows = new Set(region.rows);
  const columns = new Set(region.columns);
  const radius = Math.min(3, side / 8);
  return about.rows
    .flatMap((row) =>
      about.columns.map((column) => {
        if (rows.has(row) && columns.has(column)) return "";
        const x = margin.left + (column - frame.left + 1) * side - radius - 3.5;
        const y = margin.top + (row - frame.top) * side + radius + 2.5;
        return `M${px(x - radius)} ${px(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;
      }),
    )
    .join("");
}

export function paddingPath(props: CellGridProps, frame: Frame, layout: Layout): string {
  const { rows, columns } = everything(frame);
  const cells = rows.flatMap((row) =>
    columns.map((column) =>
      isInside(props, row, column) ? "" : regionPath({ rows: [row], columns: [column] }, frame, layout, 1.5),
    ),
  );
  return cells.join("");
}

/** Dropped rows and columns, and the cells that are not filled in yet. */
export function hatchPath(props: CellGridProps, frame: Frame, layout: Layout): string {
  const { height, width, dropped, filled } = props;
  const inner = within(everything(frame), 0, height - 1, 0, width - 1);
  const parts: string[] = [];
  const cover = (region: Region) => parts.push(regionPath(within(region, ...edges(frame)), frame, layout, 0));
  if (dropped) {
    const gone = new Set(dropped.rows);
    cover({ rows: dropped.rows, columns: inner.columns });
    cover({ rows: inner.rows.filter((row) => !gone.has(row)), columns: dropped.columns });
  }
  if (filled !== null && filled !== undefined && filled < height * width) {
    const row = Math.floor(filled / width);
    cover({
      rows: inner.rows.includes(row) ? [row] : [],
      columns: inner.columns.filter((column) => column >= filled % width),
    });
    cover({ rows: inner.rows.filter((other) => other > row), columns: inner.columns });
  }
  return parts.join("");
}
