import type { Region } from "./cellGrid";

/** The edges of a rectangle in screen pixels. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Indices as stretches without a gap. */
export function runs(indices: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = found[found.length - 1];
    if (last && index <= last[1] + 1) last[1] = index;
    else found.push([index, index]);
  }
  return found;
}

/** The blocks of touching cells that make up a region; no two of them share an edge. */
export function blocks({ rows, columns }: Region): { rows: [number, number]; columns: [number, number] }[] {
  const stripes = runs(columns);
  return runs(rows).flatMap((band) => stripes.map((stripe) => ({ rows: band, columns: stripe })));
}

/** The smallest whole rectangle of cells about a region. */
export function hull({ rows, columns }: Region): Region {
  return { rows: between(rows), columns: between(columns) };
}

/** Whether the region has gaps: cells of its hull that it leaves out. */
export function hasHoles(region: Region): boolean {
  return runs(region.rows).length > 1 || runs(region.columns).length > 1;
}

/** The part of a region within the first and last row and column. */
export function within(region: Region, top: number, bottom: number, left: number, right: number): Region {
  return {
    rows: region.rows.filter((row) => row >= top && row <= bottom),
    columns: region.columns.filter((column) => column >= left && column <= right),
  };
}

export function rectangle({ left, top, right, bottom }: Box): string {
  return `M${px(left)} ${px(top)}H${px(right)}V${px(bottom)}H${px(left)}Z`;
}

/** A coordinate with a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function between(indices: readonly number[]): number[] {
  if (!indices.length) return [];
  const least = Math.min(...indices);
  return Array.from({ length: Math.max(...indices) - least + 1 }, (_, i) => least + i);
}
