import { t } from "../words";
import type { Cell, CellGridProps, Mark, Region } from "./cellGrid";
import { type Finish, type Ink, cellInk } from "./cellInk";
import type { Bounds } from "./cellKeys";
import { setAttribute, setText, svg } from "./dom";
import { formatNumber } from "./format";
import { blocks, hasHoles, hull, px, rectangle, within } from "./regions";
import { type RGB, type Theme, colouring, css, hueColour } from "./theme";

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

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const AXIS_TYPE = 10;
const AXIS_ROOM = 13;
const SMALLEST_RINGED = 18;

/** A cell's nodes, and what they say now: reading the document back would cost more than writing. */
interface CellNodes {
  group: SVGGElement;
  box: SVGRectElement;
  text: SVGTextElement;
  letters: Text;
  fill: string;
  ink: string;
  shown: string;
  label: string | null;
}

/** The SVG of a cell grid. Cells stay; only attributes that changed are written. */
export function cellDrawing(id: string) {
  const ground = svg("path");
  const cellLayer = svg("g");
  const dashes = svg("path", { fill: "none", "stroke-width": 1, "stroke-dasharray": "2 2" });
  const hatched = svg("path", { fill: `url(#${id}-hatch)` });
  const markLayer = svg("g", { fill: "none", "stroke-linejoin": "round" });
  const cursorPath = svg("path", { class: "cw-grid-cursor", fill: "none" });
  const hatchLine = svg("rect", { width: 1.5, height: 6 });
  const axisLayer = svg("g", { "aria-hidden": "true" });
  const el = svg(
    "svg",
    { class: "cw-grid-svg", role: "grid", tabindex: 0, "font-family": FONT },
    svg(
      "defs",
      null,
      svg(
        "pattern",
        { id: `${id}-hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        hatchLine,
      ),
    ),
    ground,
    cellLayer,
    dashes,
    hatched,
    markLayer,
    cursorPath,
    axisLayer,
  );
  let cells: CellNodes[] = [];
  let shape = "";
  let placed = "";
  let active: Element | null = null;

  const build = (rows: number, columns: number) => {
    if (shape === `${rows} ${columns}`) return;
    shape = `${rows} ${columns}`;
    placed = "";
    cells = [];
    cellLayer.replaceChildren(
      ...Array.from({ length: rows }, () => {
        const row = Array.from({ length: columns }, () => {
          const letters = document.createTextNode("");
          const box = svg("rect");
          const text = svg("text", { "text-anchor": "middle" }, letters);
          const group = svg("g", { role: "gridcell" }, box, text);
          cells.push({ group, box, text, letters, fill: "", ink: "", shown: "", label: null });
          return group;
        });
        return svg("g", { role: "row" }, row);
      }),
    );
    axisLayer.replaceChildren(...Array.from({ length: rows + columns }, () => svg("text")));
  };

  const place = (frame: Frame, { side, margin, type }: Layout) => {
    const key = JSON.stringify([frame, side, margin, type]);
    if (key === placed) return;
    placed = key;
    const baseline = side / 2 + (type ?? 0) * 0.36;
    cells.forEach(({ group, box, text }, i) => {
      const down = Math.floor(i / frame.columns);
      const right = i % frame.columns;
      const x = margin.left + right * side;
      const y = margin.top + down * side;
      const exists = isReached(frame, frame.top + down, frame.left + right);
      setAttribute(box, "x", x);
      setAttribute(box, "y", y);
      setAttribute(box, "width", side - 1);
      setAttribute(box, "height", side - 1);
      setAttribute(text, "x", x + (side - 1) / 2);
      setAttribute(text, "y", px(y + baseline));
      setAttribute(group, "aria-colindex", frame.left + right - frame.reach.left + 1);
      setAttribute(group, "visibility", exists ? null : "hidden");
    });
    [...cellLayer.children].forEach((row, i) => setAttribute(row, "aria-rowindex", frame.top + i - frame.reach.top + 1));
    setAttribute(cellLayer, "font-size", type);
  };

  const drawCells = (props: CellGridProps, frame: Frame, layout: Layout) => {
    const { theme, texts, type } = layout;
    const { width, value, colour, scale } = props;
    const tints = tintsOf(props, frame, theme);
    const lit = props.spotlight ? membership(props.spotlight, frame) : null;
    const filled = props.filled ?? Infinity;
    const goneRows = new Set(props.dropped?.rows);
    const goneColumns = new Set(props.dropped?.columns);
    const colourFor = colouring(scale, theme.dark);
    const waiting: Ink = { fill: css(theme.panel), text: css(theme.muted) };
    const finish: Finish = { padding: false, faded: false, tint: null, strength: 0 };
    for (let i = 0; i < cells.length; i++) {
      const row = frame.top + Math.floor(i / frame.columns);
      const column = frame.left + (i % frame.columns);
      if (!isReached(frame, row, column)) continue;
      const inside = isInside(props, row, column);
      const done = !inside || row * width + column < filled;
      const text = texts[i] as string;
      const gone = inside && (goneRows.has(row) || goneColumns.has(column));
      const tint = tints.get(i);
      finish.padding = !inside;
      finish.faded = gone || (lit !== null && !lit.has(i));
      finish.tint = tint?.colour ?? null;
      finish.strength = tint?.strength ?? 0;
      const base = inside && colour ? rounded(colour(row, column)) : colourFor(value(row, column));
      const label = !done ? t("grid.waiting") : !inside ? t("grid.padding", { value: text }) : gone ? t("grid.dropped", { value: text }) : type === null ? text : null;
      write(cells[i] as CellNodes, done ? cellInk(base, finish, theme) : waiting, done && type !== null ? text : "", label);
    }
  };

  const drawAxes = ({ axes = true }: CellGridProps, frame: Frame, { side, margin, theme }: Layout) => {
    setAttribute(axisLayer, "visibility", axes ? null : "hidden");
    setAttribute(axisLayer, "fill", css(theme.muted));
    if (!axes) return;
    const numbers = axisLayer.children as HTMLCollectionOf<SVGTextElement>;
    const { top, bottom, left, right } = frame.reach;
    const widest = Math.max(...[top, bottom, left, right].map((index) => String(index).length));
    const digit = 6 * theme.scale;
    const everyRow = Math.ceil((AXIS_ROOM * theme.scale) / side);
    const everyColumn = Math.ceil((digit * widest + 4) / side);
    setAttribute(axisLayer, "font-size", AXIS_TYPE * theme.scale);
    for (let i = 0; i < frame.rows + frame.columns; i++) {
      const label = numbers[i] as SVGTextElement;
      const isRow = i < frame.rows;
      const at = isRow ? i : i - frame.rows;
      const index = at + (isRow ? frame.top : frame.left);
      const exists = isRow ? isReached(frame, index, frame.reach.left) : isReached(frame, frame.reach.top, index);
      const cut = !isRow && (at + 0.5) * side + (digit * widest) / 2 > frame.columns * side;
      const written = exists && !cut && index % (isRow ? everyRow : everyColumn) === 0;
      setText(label, written ? formatNumber(index) : "");
      setAttribute(label, "text-anchor", isRow ? "end" : "middle");
      setAttribute(label, "x", isRow ? margin.left - 5 : margin.left + at * side + side / 2);
      setAttribute(label, "y", isRow ? px(margin.top + at * side + side / 2 + 3.5 * theme.scale) : margin.top - 5);
    }
  };

  const drawMarks = (props: CellGridProps, frame: Frame, layout: Layout) => {
    const strokes = (props.marks ?? []).flatMap((mark) => strokesOf(mark, frame, layout));
    while (markLayer.childElementCount > strokes.length) markLayer.lastElementChild?.remove();
    strokes.forEach((stroke, i) => {
      const path = markLayer.children[i] ?? markLayer.appendChild(svg("path"));
      setAttribute(path, "d", stroke.d);
      setAttribute(path, "stroke", stroke.colour);
      setAttribute(path, "stroke-width", stroke.width);
      setAttribute(path, "stroke-opacity", stroke.opacity);
      setAttribute(path, "stroke-dasharray", stroke.dashes);
    });
  };

  return {
    el,

    /** The text of each cell of the frame, "" where there is no cell. */
    texts({ value, format = defaultFormat }: CellGridProps, frame: Frame): string[] {
      return Array.from({ length: frame.rows * frame.columns }, (_, i) => {
        const row = frame.top + Math.floor(i / frame.columns);
        const column = frame.left + (i % frame.columns);
        return isReached(frame, row, column) ? format(value(row, column)) : "";
      });
    },

    draw(props: CellGridProps, frame: Frame, layout: Layout) {
      const { side, margin, theme, cursor } = layout;
      const { reach } = frame;
      build(frame.rows, frame.columns);
      const width = margin.left + frame.columns * side + 1;
      const height = margin.top + frame.rows * side + 1;
      setAttribute(el, "width", width);
      setAttribute(el, "height", height);
      setAttribute(el, "viewBox", `0 0 ${width} ${height}`);
      setAttribute(el, "aria-label", t("grid.keys", { label: props.label }));
      setAttribute(el, "aria-rowcount", reach.bottom - reach.top + 1);
      setAttribute(el, "aria-colcount", reach.right - reach.left + 1);
      const all = everything(frame);
      setAttribute(ground, "d", regionPath(all, frame, layout, 0.5));
      setAttribute(ground, "fill", css(theme.line));
      setAttribute(hatchLine, "fill", css(theme.muted));
      setAttribute(hatchLine, "fill-opacity", 0.7);
      setAttribute(dashes, "stroke", css(theme.muted));
      setAttribute(dashes, "d", paddingPath(props, frame, layout));
      setAttribute(hatched, "d", hatchPath(props, frame, layout));
      place(frame, layout);
      drawCells(props, frame, layout);
      drawAxes(props, frame, layout);
      drawMarks(props, frame, layout);

      const [row, column] = cursor;
      const seen = within({ rows: [row], columns: [column] }, ...edges(frame));
      setAttribute(cursorPath, "d", regionPath(seen, frame, layout, 0));
      setAttribute(cursorPath, "stroke", css(theme.focus));
      setAttribute(cursorPath, "stroke-width", 3);
      const current = cells[(row - frame.top) * frame.columns + column - frame.left]?.group ?? null;
      if (current !== active) active?.removeAttribute("id");
      active = seen.rows.length && seen.columns.length ? current : null;
      if (active) setAttribute(active, "id", `${id}-${row}-${column}`);
      setAttribute(el, "aria-activedescendant", active?.id ?? null);
    },

    toSVG(title: string, theme: Theme): string {
      const copy = el.cloneNode(true) as SVGSVGElement;
      for (const node of [copy, ...copy.querySelectorAll("*")]) {
        for (const { name } of [...node.attributes]) {
          if (/^(aria-|role$|class$|tabindex$)/.test(name)) node.removeAttribute(name);
        }
        if (node.id && node.localName !== "pattern") node.removeAttribute("id");
      }
      // The cursor is the page's, not the picture's.
      copy.querySelector(`path[stroke="${css(theme.focus)}"][stroke-width="3"]`)?.remove();
      copy.querySelectorAll('[visibility="hidden"]').forEach((node) => node.remove());
      copy.prepend(
        svg("title", null, title),
        svg("rect", { width: "100%", height: "100%", fill: css(theme.background) }),
      );
      copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      copy.setAttribute("role", "img");
      return new XMLSerializer().serializeToString(copy);
    },
  };
}

function write(cell: CellNodes, { fill, text: ink }: Ink, shown: string, label: string | null): void {
  if (cell.fill !== fill) cell.box.setAttribute("fill", fill);
  if (cell.ink !== ink) cell.text.setAttribute("fill", ink);
  if (cell.shown !== shown) cell.letters.data = shown;
  if (cell.label !== label) setAttribute(cell.group, "aria-label", label);
  Object.assign(cell, { fill, ink, shown, label });
}

function defaultFormat(value: number): string {
  return formatNumber(value, { room: 6 });
}

function isInside({ height, width }: CellGridProps, row: number, column: number): boolean {
  return row >= 0 && column >= 0 && row < height && column < width;
}

function isReached({ reach }: Frame, row: number, column: number): boolean {
  return row >= reach.top && row <= reach.bottom && column >= reach.left && column <= reach.right;
}

/** The first and last row, then the first and last column, that exist and are drawn. */
function edges({ top, left, rows, columns, reach }: Frame): [number, number, number, number] {
  return [
    Math.max(top, reach.top),
    Math.min(top + rows - 1, reach.bottom),
    Math.max(left, reach.left),
    Math.min(left + columns - 1, reach.right),
  ];
}

function everything(frame: Frame): Region {
  const [top, bottom, left, right] = edges(frame);
  return { rows: span(top, bottom), columns: span(left, right) };
}

function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

function membership(region: Region, frame: Frame): Set<number> {
  const { rows, columns } = within(region, ...edges(frame));
  const found = new Set<number>();
  for (const row of rows) {
    for (const column of columns) found.add((row - frame.top) * frame.columns + column - frame.left);
  }
  return found;
}

function tintsOf({ marks = [] }: CellGridProps, frame: Frame, theme: Theme) {
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

interface Stroke {
  d: string;
  colour: string;
  width: number;
  opacity: number | null;
  dashes: string | null;
}

function strokesOf(mark: Mark, frame: Frame, layout: Layout): Stroke[] {
  const region = within(mark, ...edges(frame));
  const { strength = 1 } = mark;
  if (mark.style === "tint" || !region.rows.length || !region.columns.length) return [];
  const stroke = (d: string, width: number, opacity = 1, dashed: string | null = null, colour = markColour(mark, layout.theme)): Stroke => ({
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
function regionPath(region: Region, frame: Frame, { side, margin }: Layout, inset: number): string {
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
    .flatMap((row) => columns.map((column) => regionPath({ rows: [row], columns: [column] }, frame, layout, inset)))
    .join("");
}

/** The lines between the cells of each block, each of them once. */
function innerLines(region: Region, frame: Frame, { side, margin }: Layout): string {
  const x = margin.left - frame.left * side - 0.5;
  const y = margin.top - frame.top * side - 0.5;
  return blocks(region)
    .map(({ rows: [top, bottom], columns: [left, right] }) => {
      const across = span(top + 1, bottom).map((row) => `M${x + left * side} ${y + row * side}H${x + (right + 1) * side}`);
      const down = span(left + 1, right).map((column) => `M${x + column * side} ${y + top * side}V${y + (bottom + 1) * side}`);
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

function paddingPath(props: CellGridProps, frame: Frame, layout: Layout): string {
  const { rows, columns } = everything(frame);
  const cells = rows.flatMap((row) =>
    columns.map((column) =>
      isInside(props, row, column) ? "" : regionPath({ rows: [row], columns: [column] }, frame, layout, 1.5),
    ),
  );
  return cells.join("");
}

/** Dropped rows and columns, and the cells that are not filled in yet. */
function hatchPath(props: CellGridProps, frame: Frame, layout: Layout): string {
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
    cover({ rows: inner.rows.includes(row) ? [row] : [], columns: inner.columns.filter((column) => column >= filled % width) });
    cover({ rows: inner.rows.filter((other) => other > row), columns: inner.columns });
  }
  return parts.join("");
}

function rounded([red, green, blue]: RGB): RGB {
  const level = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return [level(red), level(green), level(blue)];
}
