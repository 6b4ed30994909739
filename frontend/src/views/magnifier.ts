import { type Cell, type CellEvents, type CellGridView, type Mark, type Region, cellGrid } from "./cellGrid";
import { clamp } from "./cellKeys";
import { h, setText } from "./dom";
import type { RGB, Role, Scale } from "./theme";

export interface MagnifierOptions extends CellEvents {
  role: Role;
}

export interface MagnifierProps {
  /** Says what is shown: its heading. */
  label: string;
  height: number;
  width: number;
  pad?: readonly [top: number, bottom: number, left: number, right: number];
  /** Also asked for padding cells. */
  value(row: number, column: number): number;
  scale: Scale;
  colour?(row: number, column: number): RGB;
  format?(value: number): string;
  /** What the kernel reads; the neighbourhood is centred on it. */
  window: Region | null;
  /** The window's role: the kernel's unless told. */
  windowRole?: Role;
  dropped?: Region | null;
  /** Lit from elsewhere: the cell that a hovered weight multiplies. */
  highlight?: Cell | null;
}

export interface MagnifierView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: MagnifierProps): void;
  toSVG(title?: string): string;
  destroy(): void;
}

const LEAST = 7;
const MOST = 39;
const WIDE = 9;

/** The true values about a window, however large the picture. */
export function magnifier(options: MagnifierOptions): MagnifierView {
  const grid: CellGridView = cellGrid({ ...options, fit: "shrink", largest: 36 });
  const title = h("p", { class: "cw-magnifier-title", "aria-hidden": "true" });
  const el = h("div", { class: "cw-magnifier" }, title, grid.el);
  return {
    el,
    update({ window: read, windowRole = "kernel", highlight, ...map }) {
      setText(title, map.label);
      const [top, bottom, left, right] = map.pad ?? [0, 0, 0, 0];
      const rows = neighbourhood(read?.rows, -top, map.height + bottom - 1);
      const columns = neighbourhood(read?.columns, -left, map.width + right - 1);
      const marks: Mark[] = read ? [{ ...read, role: windowRole, style: "window" }] : [];
      if (highlight) {
        marks.push({ rows: [highlight[0]], columns: [highlight[1]], role: windowRole, style: "tint" });
        marks.push({ rows: [highlight[0]], columns: [highlight[1]], role: windowRole, style: "ring" });
      }
      grid.update({
        ...map,
        view: { row: rows.first, column: columns.first, rows: rows.count, columns: columns.count },
        marks,
        spotlight: read,
        cursor: read ? [middle(read.rows), middle(read.columns)] : null,
      });
    },
    toSVG: (title) => grid.toSVG(title),
    destroy() {
      grid.destroy();
      el.remove();
    },
  };
}

/**
 * Two cells on either side of what is read (one where that is wide), seven in all at least, moved
 * as little as keeps them between the first and the last index there are.
 */
export function neighbourhood(
  indices: readonly number[] | undefined,
  first: number,
  last: number,
): { first: number; count: number } {
  const least = indices?.length ? Math.min(...indices) : Math.floor((first + last) / 2);
  const greatest = indices?.length ? Math.max(...indices) : least;
  const extent = greatest - least + 1;
  const wanted = Math.max(LEAST, extent + (extent > WIDE ? 2 : 4));
  const count = Math.min(wanted, MOST, last - first + 1);
  return { first: clamp(least - Math.floor((count - extent) / 2), first, last - count + 1), count };
}

function middle(indices: readonly number[]): number {
  return indices[indices.length >> 1] ?? 0;
}
