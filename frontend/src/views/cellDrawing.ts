import { t } from "../words";
import type { CellGridProps } from "./cellGrid";
import { type Finish, type Ink, cellInk } from "./cellInk";
import {
  type Frame,
  type Layout,
  edges,
  everything,
  hatchPath,
  isInside,
  isReached,
  membership,
  paddingPath,
  regionPath,
  strokesOf,
  tintsOf,
} from "./cellPaths";
import { setAttribute, setText, svg } from "./dom";
import { formatNumber } from "./format";
import { px, within } from "./regions";
import { type RGB, type Theme, colouring, css } from "./theme";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const AXIS_TYPE = 10;
const AXIS_ROOM = 13;

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
export function cellDrawing(id: string, pins: boolean) {
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
        {
          id: `${id}-hatch`,
          width: 6,
          height: 6,
          patternUnits: "userSpaceOnUse",
          patternTransform: "rotate(45)",
        },
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
    [...cellLayer.children].forEach((row, i) =>
      setAttribute(row, "aria-rowindex", frame.top + i - frame.reach.top + 1),
    );
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
      const label = !done
        ? t("grid.waiting")
        : !inside
          ? t("grid.padding", { value: text })
          : gone
            ? t("grid.dropped", { value: text })
            : type === null
              ? text
              : null;
      write(
        cells[i] as CellNodes,
        done ? cellInk(base, finish, theme) : waiting,
        done && type !== null ? text : "",
        label,
      );
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
      const exists = isRow
        ? isReached(frame, index, frame.reach.left)
        : isReached(frame, frame.reach.top, index);
      const cut = !isRow && (at + 0.5) * side + (digit * widest) / 2 > frame.columns * side;
      const written = exists && !cut && index % (isRow ? everyRow : everyColumn) === 0;
      setText(label, written ? formatNumber(index) : "");
      setAttribute(label, "text-anchor", isRow ? "end" : "middle");
      setAttribute(label, "x", isRow ? margin.left - 5 : margin.left + at * side + side / 2);
      setAttribute(
        label,
        "y",
        isRow ? px(margin.top + at * side + side / 2 + 3.5 * theme.scale) : margin.top - 5,
      );
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
      setAttribute(el, "aria-label", t(pins ? "grid.keys" : "grid.moves", { label: props.label }));
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

function rounded([red, green, blue]: RGB): RGB {
  const level = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return [level(red), level(green), level(blue)];
}
