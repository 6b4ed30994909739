import { t } from "../words";
import { roomFor, typeSize } from "./cellInk";
import { cellDrawing } from "./cellDrawing";
import type { Frame, Margin } from "./cellPaths";
import { cellField } from "./cellField";
import { cellAfterKey, clamp, sameCell } from "./cellKeys";
import { h, uid } from "./dom";
import { watchRoom } from "./room";
import { type RGB, type Role, type Scale, watchTheme } from "./theme";

export type Cell = readonly [row: number, column: number];

/** Every crossing of some rows and columns; they may lie in the padding. */
export interface Region {
  rows: readonly number[];
  columns: readonly number[];
}

/** What is happening to cells, told by a role's colour. */
export interface Mark extends Region {
  role: Role;
  /**
   * `window`: lines round all cells and, where they leave holes, a frame about them with a small
   * ring in each hole; `outline`: one line round their union; `tint`: their fill leans to the role;
   * `ring`: a thin inner line in each cell.
   */
  style: "window" | "outline" | "tint" | "ring";
  /** 0 to 1, default 1: the weight of the line or of the tint. */
  strength?: number;
  /** A hue of its own, in degrees, in the place of the role's colour. */
  hue?: number;
}

export interface CellEvents {
  /** The pointer came to another cell (padding has negative or too great numbers) or left. */
  onHover?(cell: Cell | null): void;
  /** A click, or Enter on the cursor. */
  onPick?(cell: Cell): void;
  /** Arrow keys, Home, End, Page Up or Page Down moved the cursor, or a finger was dragged. */
  onMove?(cell: Cell): void;
}

export interface CellGridOptions extends CellEvents {
  /** The map's role: colours the cursor. */
  role: Role;
  /** Whether the cells scroll from 24 px, or shrink (numbers go where they cannot be read). */
  fit?: "scroll" | "shrink";
  /** The greatest side of a cell in pixels; 44 unless told. */
  largest?: number;
  /** A click opens a cell for typing, as a double click does. */
  clickEdits?: boolean;
  /** A value typed into a cell or painted over it; without it the cells cannot be changed. */
  onEdit?(cell: Cell, value: number, done: boolean): void;
}

export interface CellGridProps {
  /** Says what the map is, with its size. */
  label: string;
  height: number;
  width: number;
  /** Cells drawn around the map. */
  pad?: readonly [top: number, bottom: number, left: number, right: number];
  /** The part that is shown, in the map's own numbering; all of it with the padding unless told. */
  view?: { row: number; column: number; rows: number; columns: number };
  /** Also asked for padding cells. */
  value(row: number, column: number): number;
  scale: Scale;
  /** A colour in place of the scale's; not asked for padding cells. */
  colour?(row: number, column: number): RGB;
  format?(value: number): string;
  /** Whole rows and whole columns that no window reads: hatched. */
  dropped?: Region | null;
  marks?: readonly Mark[];
  /** Fades every cell outside of this region. */
  spotlight?: Region | null;
  /** The cell the arrow keys move from. */
  cursor?: Cell | null;
  /** Cells done so far, in reading order; the rest is hatched. Null: all. */
  filled?: number | null;
  /** Dragging over the cells sets them to this value. */
  paint?: number | null;
  /** Cells cannot be changed now. */
  locked?: boolean;
  /** Row and column numbers along the edges; shown unless told. */
  axes?: boolean;
}

export interface CellGridView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: CellGridProps): void;
  /** The grid as it stands, as a standalone SVG document. */
  toSVG(title?: string): string;
  destroy(): void;
}

const SMALLEST_CELL = 24;
const DEFAULT_WIDTH = 376;
const MOST_CHARACTERS = 7;

/** A small map as cells with numbers. */
export function cellGrid(options: CellGridOptions): CellGridView {
  const { role, fit = "scroll", largest = 44, onEdit } = options;
  const drawing = cellDrawing(uid("grid"), Boolean(options.onPick));
  const scroller = h("div", { class: "cw-grid-scroll" });
  scroller.append(drawing.el);
  const el = h("div", { class: `cw-grid cw-role-${role}` }, scroller);

  let props: CellGridProps | null = null;
  let ownCursor: Cell = [0, 0];
  let hovered: Cell | null = null;
  let side = 0;
  let shape = "";
  let frame: Frame = {
    top: 0,
    left: 0,
    rows: 0,
    columns: 0,
    reach: { top: 0, bottom: -1, left: 0, right: -1 },
  };
  let margin: Margin = { top: 0, left: 0 };
  const theme = watchTheme(el, () => draw());
  const room = watchRoom(el, () => draw());

  const draw = () => {
    if (!props) return;
    const { scale } = theme.current();
    frame = frameOf(props);
    margin = marginOf(props, frame, scale);
    const texts = drawing.texts(props, frame);
    const characters = Math.min(Math.max(1, ...texts.map(charactersOf)), MOST_CHARACTERS);
    const free = (room.width || DEFAULT_WIDTH) - margin.left - 2;
    const fitting = Math.floor(free / frame.columns);
    const nextShape = `${frame.rows} ${frame.columns} ${free} ${fit}`;
    // A cell keeps its size when numbers get shorter: nothing jumps while a value is dragged.
    const before = nextShape === shape ? side : 0;
    shape = nextShape;
    const least = fit === "scroll" ? Math.max(SMALLEST_CELL * scale, roomFor(characters, scale), before) : 4;
    side = clamp(fitting, least, Math.max(largest * scale, least));
    const cursor = props.cursor ?? ownCursor;
    const type = typeSize(side, characters, scale);
    drawing.draw(props, frame, { side, margin, type, texts, cursor, theme: theme.current() });
    follow(props, free);
    el.classList.toggle("cw-paints", canPaint(props));
  };

  const canEdit = (shown: CellGridProps) => Boolean(onEdit) && !shown.locked;
  const canPaint = (shown: CellGridProps) => canEdit(shown) && typeof shown.paint === "number";

  const isInside = ([row, column]: Cell) =>
    props !== null && row >= 0 && row < props.height && column >= 0 && column < props.width;

  const cellAt = (event: MouseEvent): Cell | null => {
    if (!props || !side) return null;
    const box = drawing.el.getBoundingClientRect();
    const row = frame.top + Math.floor((event.clientY - box.top - margin.top) / side);
    const column = frame.left + Math.floor((event.clientX - box.left - margin.left) / side);
    return exists([row, column], frame) ? [row, column] : null;
  };

  const hover = (cell: Cell | null) => {
    if (sameCell(cell, hovered)) return;
    hovered = cell;
    options.onHover?.(cell);
  };

  const moveTo = (cell: Cell) => {
    ownCursor = cell;
    options.onMove?.(cell);
    draw();
    reveal(regionOf(cell));
  };

  /** Scrolls the box, never the page, as little as shows these cells. */
  const reveal = ({ rows, columns }: Region) => {
    const x = margin.left + (Math.min(...columns) - frame.left) * side;
    const y = margin.top + (Math.min(...rows) - frame.top) * side;
    const right = margin.left + (Math.max(...columns) + 1 - frame.left) * side;
    const bottom = margin.top + (Math.max(...rows) + 1 - frame.top) * side;
    scroller.scrollLeft = clamp(scroller.scrollLeft, right - scroller.clientWidth, x - margin.left);
    scroller.scrollTop = clamp(scroller.scrollTop, bottom - scroller.clientHeight, y - margin.top);
  };

  let followed = "";
  /** Keeps the window, else the cursor, in sight when it is moved from elsewhere. */
  const follow = ({ marks, cursor }: CellGridProps, free: number) => {
    const at = marks?.find(({ style }) => style === "window") ?? (cursor ? regionOf(cursor) : null);
    const place = at ? `${free} ${side} ${at.rows} ${at.columns}` : "";
    if (place === followed || !room.width) return;
    followed = place;
    const fits = frame.columns * side <= free && frame.rows * side + margin.top <= room.height;
    if (at && !fits && !hovered && !held) reveal(at);
  };

  /** A finger or a button is down on the cells: they must not move away under it. */
  let held = false;
  let stroke: { last: Cell } | null = null;

  const paintTo = (cell: Cell) => {
    if (!stroke || !props || typeof props.paint !== "number") return;
    for (const passed of line(stroke.last, cell)) if (isInside(passed)) onEdit?.(passed, props.paint, false);
    stroke.last = cell;
  };

  const endStroke = () => {
    held = false;
    if (stroke && props && typeof props.paint === "number") onEdit?.(stroke.last, props.paint, true);
    stroke = null;
  };

  drawing.el.addEventListener("pointerdown", (event) => {
    if (!props || event.button !== 0) return;
    const cell = cellAt(event);
    if (!cell) return;
    held = true;
    ownCursor = cell;
    if (canPaint(props) && isInside(cell)) {
      stroke = { last: cell };
      drawing.el.setPointerCapture(event.pointerId);
      onEdit?.(cell, props.paint as number, false);
    } else if (event.pointerType === "touch") {
      options.onMove?.(cell);
    }
  });
  drawing.el.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    if (stroke && cell && isInside(cell)) {
      if (!sameCell(cell, stroke.last)) paintTo(cell);
    } else if (event.pointerType !== "touch") {
      hover(cell);
    } else if (cell && !sameCell(cell, ownCursor)) {
      ownCursor = cell;
      options.onMove?.(cell);
    }
  });
  drawing.el.addEventListener("pointerup", endStroke);
  drawing.el.addEventListener("pointercancel", endStroke);
  drawing.el.addEventListener("pointerleave", () => hover(null));
  drawing.el.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell || !props || canPaint(props)) return;
    options.onPick?.(cell);
    if (options.clickEdits) edit(cell, null);
  });
  drawing.el.addEventListener("dblclick", (event) => {
    const cell = cellAt(event);
    if (cell) edit(cell, null);
  });
  drawing.el.addEventListener("keydown", (event) => {
    if (!props || (event.target as Element) !== drawing.el) return;
    const cursor = props.cursor ?? ownCursor;
    const moved = cellAfterKey(event, cursor, frame.reach);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (moved) moveTo(moved);
    else if (event.key === "Enter" && options.onPick) options.onPick(cursor);
    else if (event.key === " " && canPaint(props) && isInside(cursor))
      onEdit?.(cursor, props.paint as number, true);
    else if ((event.key === "F2" || event.key === "Enter") && canEdit(props)) edit(cursor, null);
    else if ((event.key === "Delete" || event.key === "Backspace") && canEdit(props)) set(cursor, 0);
    else if (plain && /^[\d.,+-]$/.test(event.key) && canEdit(props)) edit(cursor, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const set = (cell: Cell, value: number) => {
    if (isInside(cell)) onEdit?.(cell, value, true);
  };

  const edit = (cell: Cell, typed: string | null) => {
    if (!props || !canEdit(props) || !isInside(cell)) return;
    ownCursor = cell;
    const { height, width, value } = props;
    cellField({
      parent: scroller,
      label: t("grid.edit", { row: cell[0], column: cell[1] }),
      typed,
      value: value(...cell),
      box: {
        left: margin.left + (cell[1] - frame.left) * side,
        top: margin.top + (cell[0] - frame.top) * side,
        width: side,
        height: side,
      },
      onValue: (entered) => set(cell, entered),
      onLeave: (down, right) => {
        drawing.el.focus({ preventScroll: true });
        moveTo([clamp(cell[0] + down, 0, height - 1), clamp(cell[1] + right, 0, width - 1)]);
      },
    });
  };

  return {
    el,
    update(next) {
      props = next;
      draw();
    },
    toSVG: (title) => drawing.toSVG(title ?? props?.label ?? "", theme.current()),
    destroy() {
      room.stop();
      theme.stop();
      el.remove();
    },
  };
}

function regionOf([row, column]: Cell): Region {
  return { rows: [row], columns: [column] };
}

/** The length of a text in digits; a minus sign is wider than a digit. */
function charactersOf(text: string): number {
  return text.startsWith("−") ? text.length + 0.4 : text.length;
}

function frameOf({ height, width, pad = [0, 0, 0, 0], view }: CellGridProps): Frame {
  const reach = { top: -pad[0], bottom: height + pad[1] - 1, left: -pad[2], right: width + pad[3] - 1 };
  if (view) return { top: view.row, left: view.column, rows: view.rows, columns: view.columns, reach };
  const { top, bottom, left, right } = reach;
  return { top, left, rows: bottom - top + 1, columns: right - left + 1, reach };
}

function marginOf({ axes = true }: CellGridProps, { reach }: Frame, scale: number): Margin {
  if (!axes) return { top: 1, left: 1 };
  const characters = Math.max(String(reach.bottom).length, String(reach.top).length);
  return { top: Math.round(16 * scale), left: Math.round((8 + 6 * characters) * scale) };
}

function exists([row, column]: Cell, { top, left, rows, columns, reach }: Frame): boolean {
  return (
    row >= Math.max(top, reach.top) &&
    row <= Math.min(top + rows - 1, reach.bottom) &&
    column >= Math.max(left, reach.left) &&
    column <= Math.min(left + columns - 1, reach.right)
  );
}

/** The cells on the straight way from one cell to another, without the first. */
function line([row, column]: Cell, [toRow, toColumn]: Cell): Cell[] {
  const steps = Math.max(Math.abs(toRow - row), Math.abs(toColumn - column));
  return Array.from({ length: steps }, (_, i) => {
    const share = (i + 1) / steps;
    return [
      Math.round(row + share * (toRow - row)),
      Math.round(column + share * (toColumn - column)),
    ] as const;
  });
}
