import { t } from "../words";
import { cellField } from "./cellField";
import { chosenWeight } from "./chosenWeight";
import type { Cell } from "./cellGrid";
import { cellAfterKey, clamp, sameCell } from "./cellKeys";
import { h, setAttribute, setText, uid } from "./dom";
import { exactText } from "./format";
import { type MatrixProblem, parseMatrix } from "./matrixText";
import { watchRoom } from "./room";
import { watchTheme, weightHue } from "./theme";
import { type Matrix, type WeightType, altered, replaced, turned, weightStep, weightTexts } from "./weights";

export interface KernelEditorOptions {
  /** Values changed: while a number is dragged (done false) and when it is settled. */
  onChange(planes: number[][][], done: boolean): void;
  /** One weight, numbered as laid on the picture, was given another value other than by a drag. */
  onAlter?(cell: Cell, value: number): void;
  /** The pointer is on a weight, numbered as laid on the picture (turned if flipped), or left it. */
  onHover?(cell: Cell | null, channel: number): void;
  onChannel?(channel: number): void;
}

export interface KernelEditorProps {
  /** One matrix, or one for each channel, all of one size, as the learner entered them. */
  planes: readonly Matrix[];
  /** The matrix is turned by half before it is laid on the picture: shown as laid on. */
  flipped?: boolean;
  /** A weight lit from elsewhere, numbered as laid on the picture. */
  highlight?: Cell | null;
  channel?: number;
  locked?: boolean;
  /** Marks each weight with the hue that `weightHue` has for it. */
  hues?: boolean;
}

export interface KernelEditorView {
  el: HTMLElement;
  update(props: KernelEditorProps): void;
  destroy(): void;
}

export const KERNEL_LIMIT = 15;

const DRAG_START = 4;
const DRAG_STEP = 8;
const FLIP_TIME = 190;
// Above this many weights each number would turn by itself too slowly to be seen.
const FLIP_LIMIT = 81;
const LARGE_SIDE = 8;
const DEFAULT_WIDTH = 278;
const GAP = 3;
const LARGE_GAP = 1;

/** The weights of a kernel as a matrix that can be typed into, dragged, altered and pasted over. */
export function kernelEditor({ onChange, onAlter, onHover, onChannel }: KernelEditorOptions): KernelEditorView {
  const id = uid("kernel");
  const tabs = h("div", { class: "cw-kernel-tabs", role: "group", "aria-label": t("weights.channels") });
  const grid = h("div", { class: "cw-weights", role: "grid", tabindex: 0 });
  const scroller = h("div", { class: "cw-kernel-scroll" }, grid);
  const chosen = chosenWeight({
    onStep: (steps) => alter(steps),
    onValue: (value) => put(value, true),
    onProblem: (problem) => say(problem),
  });
  const legend = h("p", { class: "cw-kernel-legend" }, t("weights.flipped"));
  const message = h("p", { class: "cw-kernel-message", role: "alert" });
  const el = h("div", { class: "cw-kernel" }, tabs, scroller, chosen.el, legend, message);

  let props: KernelEditorProps = { planes: [[[0]]] };
  let cells: HTMLElement[] = [];
  let shape = "";
  let centred = false;
  let cursor: Cell = [0, 0];
  /** What Escape goes back to: the weight as it was when its cell was chosen. */
  let before = 0;
  let hovered: Cell | null = null;
  let drag: { y: number; from: number; moved: boolean } | null = null;
  const room = watchRoom(scroller, () => show());
  const theme = watchTheme(el, () => show());

  const plane = (): Matrix => props.planes[props.channel ?? 0] ?? (props.planes[0] as Matrix);
  const laid = (): Matrix => (props.flipped ? turned(plane()) : plane());
  const size = (): [number, number] => [plane().length, plane()[0]?.length ?? 0];
  const valueAt = ([row, column]: Cell): number => laid()[row]?.[column] ?? 0;
  const step = () => weightStep(props.planes);

  const say = (problem: string) => {
    setText(message, problem);
    message.hidden = problem === "";
  };

  /** Puts a weight where the cursor is. */
  const put = (value: number, done: boolean) => {
    if (props.locked) return;
    say("");
    const [height, width] = size();
    const [row, column] = props.flipped ? [height - 1 - cursor[0], width - 1 - cursor[1]] : cursor;
    const next = replaced(plane(), row, column, value);
    if (done && !drag && value !== valueAt(cursor)) onAlter?.(cursor, value);
    change(next, done);
  };

  /** Takes another matrix in place of the one shown; the next key counts from it, before any result. */
  const change = (matrix: Matrix, done: boolean) => {
    const chosen = plane();
    const planes = props.planes.map((other) => (other === chosen ? matrix : other).map((line) => [...line]));
    props = { ...props, planes };
    show();
    onChange(planes, done);
  };

  const alter = (steps: number) => put(altered(valueAt(cursor), steps * step()), true);

  const choose = (cell: Cell) => {
    if (!sameCell(cell, cursor)) say("");
    cursor = cell;
    before = valueAt(cell);
    show();
    reveal();
  };

  /** Scrolls the box, never the page. */
  const reveal = () => {
    const cell = cells[indexOf(cursor)];
    if (!cell) return;
    const { offsetLeft: x, offsetWidth: width } = cell;
    scroller.scrollLeft = clamp(scroller.scrollLeft, x + width - scroller.clientWidth, x);
  };

  const indexOf = ([row, column]: Cell) => row * size()[1] + column;

  const cellOf = (target: EventTarget | null): Cell | null => {
    const node = target instanceof Element ? target.closest<HTMLElement>(".cw-weight") : null;
    const index = node ? cells.indexOf(node) : -1;
    return index < 0 ? null : [Math.floor(index / size()[1]), index % size()[1]];
  };

  const openField = (typed: string | null) => {
    const cell = cells[indexOf(cursor)];
    if (props.locked || !cell) return;
    const [height, width] = size();
    cellField({
      parent: scroller,
      label: t("weights.field", { row: cursor[0], column: cursor[1] }),
      typed,
      value: valueAt(cursor),
      box: { left: cell.offsetLeft, top: cell.offsetTop, width: cell.offsetWidth, height: cell.offsetHeight },
      onValue: (value) => put(value, true),
      onPaste: paste,
      onLeave: (down, right) => {
        grid.focus({ preventScroll: true });
        choose([clamp(cursor[0] + down, 0, height - 1), clamp(cursor[1] + right, 0, width - 1)]);
      },
    });
  };

  /** Takes a block of cells in place of the matrix, or one number in place of the chosen weight. */
  const paste = (text: string): boolean => {
    if (props.locked) return false;
    const matrix = parseMatrix(text, KERNEL_LIMIT);
    if (!Array.isArray(matrix)) {
      say(problemText(matrix));
      return false;
    }
    const [height, width] = size();
    const rows = matrix.length;
    const columns = matrix[0]?.length ?? 0;
    if (rows === 1 && columns === 1) {
      put(matrix[0]?.[0] ?? 0, true);
    } else if (props.planes.length > 1 && (rows !== height || columns !== width)) {
      say(t("weights.paste.channels", { size: `${height} × ${width}`, pasted: `${rows} × ${columns}` }));
      return false;
    } else {
      say("");
      change(props.flipped ? turned(matrix) : matrix, true);
    }
    return true;
  };

  const endDrag = (keep: boolean) => {
    if (!drag) return;
    const { from, moved } = drag;
    drag = null;
    el.classList.remove("cw-dragging");
    if (moved) put(keep ? valueAt(cursor) : from, true);
  };

  grid.addEventListener("pointerdown", (event) => {
    const cell = cellOf(event.target);
    if (!cell || event.button !== 0) return;
    const again = sameCell(cell, cursor) && document.activeElement === grid;
    grid.focus({ preventScroll: true });
    choose(cell);
    // A finger on another cell may be about to scroll the page.
    if (props.locked || (event.pointerType === "touch" && !again)) return;
    event.preventDefault();
    grid.setPointerCapture(event.pointerId);
    drag = { y: event.clientY, from: valueAt(cell), moved: false };
  });
  grid.addEventListener("pointermove", (event) => {
    if (drag) {
      const up = drag.y - event.clientY;
      if (!drag.moved && Math.abs(up) < DRAG_START) return;
      drag.moved = true;
      el.classList.add("cw-dragging");
      const scale = event.shiftKey ? 10 : 1;
      const value = altered(drag.from, Math.round(up / DRAG_STEP) * step() * scale);
      if (value !== valueAt(cursor)) put(value, false);
    } else if (event.pointerType !== "touch") {
      hover(cellOf(event.target));
    }
  });
  grid.addEventListener("pointerup", (event) => {
    const tapped = drag && !drag.moved && event.pointerType === "touch";
    endDrag(true);
    if (tapped) openField(null);
  });
  grid.addEventListener("pointercancel", () => endDrag(false));
  grid.addEventListener("pointerleave", () => hover(null));
  grid.addEventListener("dblclick", () => openField(null));
  grid.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey || document.activeElement !== grid || props.locked) return;
      event.preventDefault();
      alter(event.deltaY < 0 ? 1 : -1);
    },
    { passive: false },
  );
  grid.addEventListener("keydown", (event) => {
    const { key, altKey } = event;
    const plain = !event.ctrlKey && !event.metaKey && !altKey;
    const [height, width] = size();
    const bounds = { top: 0, left: 0, bottom: height - 1, right: width - 1 };
    const moved = cellAfterKey(event, cursor, bounds);
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) {
      alter((key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
    } else if (moved) choose(moved);
    else if (key === "Enter" || key === "F2") openField(null);
    else if (key === "Delete" || key === "Backspace") put(0, true);
    else if (key === "Escape" && drag) endDrag(false);
    else if (key === "Escape" && valueAt(cursor) !== before) put(before, true);
    else if (plain && /^[\d.,+\-−]$/.test(key)) openField(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  grid.addEventListener("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    paste(event.clipboardData?.getData("text/plain") ?? "");
  });
  grid.addEventListener("copy", (event) => {
    event.preventDefault();
    const lines = laid().map((row) => row.map((value) => exactText(value).replace("−", "-")).join("\t"));
    event.clipboardData?.setData("text/plain", lines.join("\n"));
  });

  const hover = (cell: Cell | null) => {
    if (sameCell(cell, hovered)) return;
    hovered = cell;
    onHover?.(cell, props.channel ?? 0);
  };

  const build = () => {
    const [height, width] = size();
    if (shape === `${height} ${width}`) return;
    shape = `${height} ${width}`;
    cells = Array.from({ length: height * width }, () =>
      h("div", { class: "cw-weight", role: "gridcell" }, h("span", { class: "cw-weight-number" })),
    );
    grid.replaceChildren(
      ...Array.from({ length: height }, (_, row) =>
        h("div", { class: "cw-weight-row", role: "row" }, cells.slice(row * width, (row + 1) * width)),
      ),
    );
    cursor = [height >> 1, width >> 1];
    before = valueAt(cursor);
    centred = false;
  };

  /** Sizes of cells and type follow the room there is. */
  const layOut = (): WeightType => {
    const [height, width] = size();
    const { scale } = theme.current();
    const large = Math.max(height, width) >= LARGE_SIDE;
    const side = clamp(
      ((room.width || DEFAULT_WIDTH) - (large ? LARGE_GAP : GAP) * (width - 1)) / width,
      24,
      110 * scale,
    );
    const type = weightTexts(laid(), side, scale);
    grid.style.setProperty("--cw-weight-width", `${Math.floor(side)}px`);
    grid.style.setProperty("--cw-weight-height", `${Math.floor(Math.min(side, 60 * scale))}px`);
    grid.style.setProperty("--cw-weight-type", `${type.size}px`);
    el.classList.toggle("cw-kernel-large", large);
    return type;
  };

  const show = () => {
    build();
    const [height, width] = size();
    const { texts } = layOut();
    const matrix = laid();
    const focus = indexOf(cursor);
    cells.forEach((cell, i) => {
      const row = Math.floor(i / width);
      const column = i % width;
      const value = matrix[row]?.[column] ?? 0;
      const kind =
        value < 0
          ? "cw-is-negative"
          : value > 0
            ? "cw-is-positive"
            : value === 0
              ? "cw-is-zero"
              : "cw-is-nan";
      const lit = sameCell(props.highlight, [row, column]) ? " cw-lit" : "";
      setAttribute(cell, "class", `cw-weight ${kind}${lit}${i === focus ? " cw-chosen" : ""}`);
      setAttribute(cell, "id", `${id}-${row}-${column}`);
      setAttribute(cell, "title", exactText(value) === texts[i] ? null : exactText(value));
      setText(cell.firstElementChild as Element, texts[i] ?? "");
      const source = props.flipped ? [height - 1 - row, width - 1 - column] : [row, column];
      const hue = weightHue((source[0] as number) * width + (source[1] as number));
      if (props.hues) cell.style.setProperty("--cw-hue", String(Math.round(hue)));
    });
    if (!centred && room.width) {
      scroller.scrollLeft = (scroller.scrollWidth - scroller.clientWidth) / 2;
      centred = true;
    }
    el.classList.toggle("cw-hued", props.hues ?? false);
    setAttribute(grid, "aria-activedescendant", `${id}-${cursor[0]}-${cursor[1]}`);
    setAttribute(grid, "aria-rowcount", height);
    setAttribute(grid, "aria-colcount", width);
    setAttribute(grid, "aria-readonly", props.locked ?? false);
    setAttribute(grid, "aria-label", t("weights.label", { size: `${height} × ${width}` }));
    el.classList.toggle("cw-locked", props.locked ?? false);
    chosen.update(cursor, valueAt(cursor), props.locked ?? false);
  };

  const showTabs = () => {
    const { planes, channel = 0 } = props;
    tabs.hidden = planes.length < 2;
    if (tabs.childElementCount !== planes.length) {
      tabs.replaceChildren(
        ...planes.map((_, i) =>
          h(
            "button",
            { type: "button", class: "cw-kernel-tab", onclick: () => onChannel?.(i) },
            channelName(i),
          ),
        ),
      );
    }
    [...tabs.children].forEach((tab, i) => setAttribute(tab, "aria-pressed", i === channel));
  };

  /** Turns the matrix by half, each number staying upright. */
  const animateFlip = () => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || cells.length > FLIP_LIMIT) return;
    if (typeof grid.animate !== "function") return;
    const timing = { duration: FLIP_TIME, easing: "ease-in-out" };
    const turn = grid.animate([{ transform: "rotate(-180deg)" }, { transform: "none" }], timing);
    el.classList.add("cw-turning");
    turn.onfinish = turn.oncancel = () => el.classList.remove("cw-turning");
    for (const cell of cells) {
      cell.firstElementChild?.animate([{ transform: "rotate(180deg)" }, { transform: "none" }], timing);
    }
  };

  return {
    el,
    update(next) {
      const flips = Boolean(next.flipped) !== Boolean(props.flipped) && shape !== "";
      const otherWeights = next.planes !== props.planes && !drag;
      props = next;
      if (flips && !otherWeights) cursor = [size()[0] - 1 - cursor[0], size()[1] - 1 - cursor[1]];
      showTabs();
      show();
      legend.hidden = !next.flipped;
      if (flips) animateFlip();
    },
    destroy() {
      room.stop();
      theme.stop();
      el.remove();
    },
  };
}

function channelName(channel: number): string {
  return t((["weights.red", "weights.green", "weights.blue"] as const)[channel] ?? "weights.red");
}

function problemText(problem: MatrixProblem): string {
  switch (problem.kind) {
    case "empty":
      return t("weights.paste.empty");
    case "large":
      return t("weights.paste.large", { rows: problem.rows, columns: problem.columns, limit: KERNEL_LIMIT });
    case "ragged":
      return t("weights.paste.ragged", problem);
    case "cell":
      return t("weights.paste.cell", {
        row: problem.row,
        column: problem.column,
        text: problem.text.slice(0, 16),
        reason: t(`number.${problem.problem}`),
      });
  }
}
