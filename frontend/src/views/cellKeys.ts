import type { Cell } from "./cellGrid";

/** The first and last row and column that can be reached. */
export interface Bounds {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const PAGE = 10;

/**
 * Where a key leads from a cell: arrows by one (with Shift by ten), Page Up and Down by ten rows,
 * Home and End along the row (with Control to the first and last cell). Null for any other key.
 */
export function cellAfterKey(event: KeyboardEvent, [row, column]: Cell, bounds: Bounds): Cell | null {
  if (event.altKey || event.metaKey) return null;
  if (event.ctrlKey && event.key !== "Home" && event.key !== "End") return null;
  const step = event.shiftKey ? PAGE : 1;
  const { top, bottom, left, right } = bounds;
  const target = (): Cell | null => {
    switch (event.key) {
      case "ArrowUp":
        return [row - step, column];
      case "ArrowDown":
        return [row + step, column];
      case "ArrowLeft":
        return [row, column - step];
      case "ArrowRight":
        return [row, column + step];
      case "PageUp":
        return [row - PAGE, column];
      case "PageDown":
        return [row + PAGE, column];
      case "Home":
        return [event.ctrlKey ? top : row, left];
      case "End":
        return [event.ctrlKey ? bottom : row, right];
      default:
        return null;
    }
  };
  const reached = target();
  return reached && [clamp(reached[0], top, bottom), clamp(reached[1], left, right)];
}

export function clamp(value: number, least: number, greatest: number): number {
  return Math.min(Math.max(value, least), greatest);
}

export function sameCell(a: Cell | null | undefined, b: Cell | null | undefined): boolean {
  return a === b || (!!a && !!b && a[0] === b[0] && a[1] === b[1]);
}
