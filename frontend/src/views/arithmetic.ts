import { t } from "../words";
import type { Cell, Region } from "./cellGrid";
import { type Child, fill, h, setAttribute, setText } from "./dom";
import { type Segment, type SizeEquation, sizeLines } from "./sizeEquation";
import type { SumFold } from "./sumFold";
import { type Piece, linesOf, readsText } from "./sumLines";
import type { Role } from "./theme";

export type { SizeEquation } from "./sizeEquation";
export { spokenSentence } from "./spoken";

/** One product of a position. */
export interface Term {
  value: number;
  weight: number;
  /** False for a padding cell. */
  inside: boolean;
}

export interface ConvolutionSum {
  kind: "convolution";
  /** The terms of each channel that is summed, in reading order. */
  terms: readonly (readonly Term[])[];
  /** The channels' own sums as the engine has them, when several are summed. */
  partial?: readonly number[] | null;
  bias: number;
  /** The engine's result after the bias. */
  feature: number;
  /** The cell of the feature map. */
  position: Cell;
  /** The input rows and columns that are read. */
  reads: Region;
  activation?: { kind: "none" | "relu" | "abs" | "clip"; result: number } | null;
  pooling?: PoolSum | null;
}

export interface PoolSum {
  kind: "max" | "average" | "min";
  /** What is pooled, in reading order. */
  values: readonly number[];
  /** Which of them wins (max and min). */
  winner?: number;
  /** What an average divides by. */
  divisor?: number;
  result: number;
  /** The cell of the pooled output. */
  position: Cell;
  /** The rows and columns that are read. */
  reads: Region;
}

/** How a sum of products is told that is no output cell's. */
export interface Telling {
  /** Whose colours the two factors and the result have. */
  roles: { value: Role; weight: Role; result: Role };
  /** What the sum reads, in the place of the window's rows and columns. */
  note: string;
  /** What is spoken before the sum. */
  place: string;
}

export interface ArithmeticProps {
  /** The position's sum; null when there is no position yet. */
  sum: ConvolutionSum | PoolSum | null;
  size: SizeEquation | null;
  /** The size equation of the pooling after a convolution. */
  poolSize?: SizeEquation | null;
  /** Names of the channels that are summed. */
  channelNames?: readonly string[];
  /** The name of the one channel that this is the sum of, where every channel has its own. */
  channel?: string | null;
  /** The input is a signal: one row, whose cells are told by one index. */
  signal?: boolean;
  telling?: Telling | null;
}

export interface ArithmeticOptions {
  /** The pointer is on the term with this index in reading order, or left. */
  onTerm?(index: number | null, channel: number): void;
}

export interface ArithmeticView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: ArithmeticProps): void;
  destroy(): void;
}

/** The products and sums behind one output cell, and behind the output's size, in numbers. */
export function arithmetic({ onTerm }: ArithmeticOptions = {}): ArithmeticView {
  const sums = h("div", { class: "cw-sums" });
  const reads = h("p", { class: "cw-sum-note" });
  const sizes = h("div", { class: "cw-sizes" });
  const el = h("div", { class: "cw-arithmetic" }, sums, reads, sizes);
  let props: ArithmeticProps = { sum: null, size: null };
  let structure = "";
  let numbers: HTMLElement[] = [];
  let widths: number[] = [];
  let sizeKey = "";
  let pointed: string | null = null;
  const fold: SumFold = { zeros: false, all: false };

  const point = (target: EventTarget | null) => {
    const term = target instanceof Element ? target.closest<HTMLElement>(".cw-term") : null;
    const key = term ? `${term.dataset.channel} ${term.dataset.index}` : null;
    if (key === pointed) return;
    pointed = key;
    onTerm?.(term ? Number(term.dataset.index) : null, Number(term?.dataset.channel ?? 0));
  };
  sums.addEventListener("pointerover", (event) => point(event.target));
  sums.addEventListener("pointerleave", () => point(null));

  const toggle = (key: keyof SumFold) => {
    fold[key] = !fold[key];
    show();
    sums.querySelector<HTMLElement>(`[data-fold="${key}"]`)?.focus({ preventScroll: true });
  };

  const show = () => {
    const { sum, size, poolSize, signal } = props;
    const lines = sum ? linesOf(sum, props, fold) : [];
    const outline = JSON.stringify(
      lines.map((line) => line.map(({ kind, fixed, term }) => [kind, fixed, term])),
    );
    if (outline !== structure) {
      structure = outline;
      numbers = [];
      widths = [];
      fill(
        sums,
        ...(sum ? lines.map((line) => draw(line)) : [h("p", { class: "cw-sum-empty" }, t("sum.empty"))]),
      );
    }
    lines
      .flat()
      .filter((piece) => piece.text !== undefined)
      .forEach((piece, i) => {
        const node = numbers[i];
        if (!node) return;
        const text = piece.text as string;
        setText(node, text);
        node.classList.toggle("cw-is-padding", piece.padding ?? false);
        node.classList.toggle("cw-is-winner", piece.wins ?? false);
        // A number keeps the widest room that it ever took: the sum does not move from cell to cell.
        if (piece.kind !== "weight" && text.length > (widths[i] ?? 0)) {
          widths[i] = text.length;
          node.style.minWidth = `${text.length}ch`;
        }
      });
    setText(reads, sum ? (props.telling?.note ?? readsText(sum, props)) : "");
    for (const part of ["value", "weight", "result"] as const) {
      setAttribute(sums, `data-${part}`, props.telling?.roles[part]);
    }
    const key = JSON.stringify([size, poolSize, signal]);
    if (key !== sizeKey) {
      sizeKey = key;
      fill(
        sizes,
        ...(size ? sizeLines(size, signal).map(drawEquation) : []),
        ...(poolSize
          ? sizeLines(poolSize).map((line) => drawEquation([{ text: `${t("size.pooling")} ` }, ...line]))
          : []),
      );
    }
  };

  const draw = (line: Piece[]): HTMLElement => {
    const body = h("span", { class: "cw-sum-body" });
    const row = h("p", { class: "cw-sum-line" });
    let group = body;
    let grouped = "";
    for (const piece of line) {
      const node = drawPiece(piece);
      if (piece.text !== undefined) numbers.push(node);
      const of = piece.term ? String(piece.term) : piece.tail ? "tail" : "";
      if (of !== grouped) {
        group = of ? drawGroup(piece) : body;
        if (of) body.append(group);
        grouped = of;
      }
      (piece.kind === "word" ? row : group).append(node);
      // Lines break after an operator, never inside a term or before the result.
      if ((piece.kind === "operator" || piece.kind === "comma") && !piece.tail) body.append(" ");
    }
    row.append(body);
    row.classList.toggle("cw-sum-scrolls", fold.all && line.length > 100);
    return row;
  };

  const drawPiece = (piece: Piece): HTMLElement => {
    const key = FOLDS[piece.kind];
    if (!key) return h("span", { class: `cw-sum-${piece.kind}` }, piece.fixed ?? "");
    return h(
      "button",
      {
        type: "button",
        class: "cw-sum-fold",
        "data-fold": key,
        "aria-expanded": fold[key],
        onclick: () => toggle(key),
      },
      piece.fixed ?? "",
    );
  };

  return {
    el,
    update(next) {
      props = next;
      show();
    },
    destroy() {
      el.remove();
    },
  };
}

const FOLDS: Partial<Record<Piece["kind"], keyof SumFold>> = { zeros: "zeros", rest: "all" };

function drawGroup({ term }: Piece): HTMLElement {
  if (!term) return h("span", { class: "cw-sum-tail" });
  return h("span", { class: "cw-term", "data-channel": term[0], "data-index": term[1] });
}

export function drawEquation(line: readonly Segment[]): HTMLElement {
  return h(
    "p",
    { class: "cw-size-line" },
    line.map(({ text, role }): Child => (role ? h("span", { class: `cw-ink-${role}` }, text) : text)),
  );
}
