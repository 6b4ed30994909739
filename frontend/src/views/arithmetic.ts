import { plural, t } from "../words";
import type { Cell, Region } from "./cellGrid";
import { type Child, fill, h, setText } from "./dom";
import { exactText, formatIndices, formatNumber, sumFigures } from "./format";
import { type Segment, type SizeEquation, sizeLines } from "./sizeEquation";
import { type SumFold, foldTerms } from "./sumFold";

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

export interface ArithmeticProps {
  /** The position's sum; null when there is no position yet. */
  sum: ConvolutionSum | PoolSum | null;
  size: SizeEquation | null;
  /** The size equation of the pooling after a convolution. */
  poolSize?: SizeEquation | null;
  /** Names of the channels that are summed. */
  channelNames?: readonly string[];
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
    const { sum, size, poolSize } = props;
    const lines = sum ? linesOf(sum, props, fold) : [];
    const outline = JSON.stringify(lines.map((line) => line.map(({ kind, fixed, term }) => [kind, fixed, term])));
    if (outline !== structure) {
      structure = outline;
      numbers = [];
      widths = [];
      fill(sums, ...(sum ? lines.map((line) => draw(line)) : [h("p", { class: "cw-sum-empty" }, t("sum.empty"))]));
    }
    lines.flat().filter((piece) => piece.text !== undefined).forEach((piece, i) => {
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
    setText(reads, sum ? readsText(sum, props) : "");
    const key = JSON.stringify([size, poolSize]);
    if (key !== sizeKey) {
      sizeKey = key;
      fill(
        sizes,
        ...(size ? sizeLines(size).map(drawEquation) : []),
        ...(poolSize ? sizeLines(poolSize).map((line) => drawEquation([{ text: `${t("size.pooling")} ` }, ...line])) : []),
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
      { type: "button", class: "cw-sum-fold", "data-fold": key, "aria-expanded": fold[key], onclick: () => toggle(key) },
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

/** One stretch of a line: text that stays (`fixed`) or a number that changes (`text`). */
interface Piece {
  kind: "value" | "weight" | "bias" | "result" | "partial" | "operator" | "comma" | "mark" | "word" | "zeros" | "rest";
  text?: string;
  fixed?: string;
  padding?: boolean;
  wins?: boolean;
  term?: [channel: number, index: number];
  /** Part of the equals sign and the result, which stay together. */
  tail?: boolean;
}

function drawGroup({ term }: Piece): HTMLElement {
  if (!term) return h("span", { class: "cw-sum-tail" });
  return h("span", { class: "cw-term", "data-channel": term[0], "data-index": term[1] });
}

/** The equals sign, or "≈", and what follows it. */
function tail(relation: string, kind: "partial" | "result", text: string): Piece[] {
  return [
    { kind: "operator", text: relation, tail: true },
    { kind, text, tail: true },
  ];
}

function linesOf(sum: ConvolutionSum | PoolSum, { channelNames = [] }: ArithmeticProps, fold: SumFold): Piece[][] {
  if (sum.kind !== "convolution") return [poolLine(sum, fold)];
  const lines: Piece[][] = [];
  const several = sum.terms.length > 1;
  sum.terms.forEach((terms, channel) => {
    const bias = several ? 0 : sum.bias;
    const result = several ? (sum.partial?.[channel] ?? NaN) : sum.feature;
    const line = productLine(terms, channel, bias, result, several, fold);
    lines.push(several ? [{ kind: "word", fixed: channelNames[channel] ?? String(channel + 1) }, ...line] : line);
  });
  if (several) lines.push(channelLine(sum));
  const feature = lines[lines.length - 1]?.at(-1)?.text ?? exactText(sum.feature);
  if (sum.activation && sum.activation.kind !== "none") lines.push(activationLine(sum.feature, feature, sum.activation));
  if (sum.pooling) lines.push(poolLine(sum.pooling, fold));
  return lines;
}

function productLine(
  terms: readonly Term[],
  channel: number,
  bias: number,
  result: number,
  partial: boolean,
  fold: SumFold,
): Piece[] {
  const products = terms.map(({ value, weight }) => [value, weight]);
  const figures = sumFigures([...products, ...(bias ? [[bias]] : [])], result);
  const { shown, zeros, rest } = foldTerms(terms, fold);
  const pieces = shown.flatMap((index, i): Piece[] => {
    const [value = "", weight = ""] = figures.parts[index] ?? [];
    const term: [number, number] = [channel, index];
    const padding = !(terms[index] as Term).inside;
    const product: Piece[] = [
      { kind: "value", text: value, padding, term },
      { kind: "mark", fixed: "×", term },
      { kind: "weight", text: weight, term },
    ];
    return i ? [{ kind: "operator", fixed: "+" }, ...product] : product;
  });
  if (!shown.length) pieces.push({ kind: "operator", fixed: "0" });
  if (rest || (fold.all && terms.length > 25)) {
    if (rest) pieces.push({ kind: "operator", fixed: "+" });
    pieces.push({ kind: "rest", fixed: fold.all ? t("sum.fewer") : plural("sum.rest", rest) });
  }
  if (bias) pieces.push(...biasPieces(bias, figures.parts[terms.length]?.[0] ?? ""));
  if (zeros) pieces.push({ kind: "zeros", fixed: plural(fold.zeros ? "sum.hideZeros" : "sum.zeros", zeros) });
  return [...pieces, ...tail(figures.relation, partial ? "partial" : "result", figures.result)];
}

function biasPieces(bias: number, text: string): Piece[] {
  return [{ kind: "operator", fixed: bias < 0 ? "−" : "+" }, { kind: "bias", text: text.replace("−", "") }];
}

function channelLine({ partial, bias, feature }: ConvolutionSum): Piece[] {
  const figures = sumFigures([...(partial ?? []).map((sum) => [sum]), ...(bias ? [[bias]] : [])], feature, { room: 8 });
  const pieces = figures.parts.flatMap(([text = ""], i): Piece[] => {
    const isBias = bias !== 0 && i === figures.parts.length - 1;
    if (isBias) return biasPieces(bias, text);
    const number: Piece = { kind: "partial", text };
    return i ? [{ kind: "operator", fixed: "+" }, number] : [number];
  });
  return [
    { kind: "word", fixed: t("sum.total") },
    ...pieces,
    ...tail(figures.relation, "result", figures.result),
  ];
}

function activationLine(
  feature: number,
  shown: string,
  { kind, result }: NonNullable<ConvolutionSum["activation"]>,
): Piece[] {
  const [open, close] = kind === "abs" ? ["|", "|"] : [`${kind === "relu" ? "ReLU" : t("sum.clip")}(`, ")"];
  const same = Object.is(result, feature) ? shown : Object.is(result, -feature) ? shown.replace("−", "") : formatNumber(result);
  return [
    { kind: "mark", fixed: open },
    { kind: "partial", text: shown },
    { kind: "mark", fixed: close },
    ...tail("=", "result", same),
  ];
}

function poolLine({ kind, values, winner, divisor = values.length, result }: PoolSum, fold: SumFold): Piece[] {
  const average = kind === "average";
  const figures = sumFigures(values.map((value) => [value]), result, { divisor });
  const texts = average ? figures.parts.flat() : values.map((value) => formatNumber(value));
  const count = fold.all ? values.length : Math.min(values.length, 25);
  const pieces: Piece[] = [{ kind: "mark", fixed: average ? "(" : `${t(`sum.${kind}`)}(` }];
  texts.slice(0, count).forEach((text, i) => {
    if (i) pieces.push(average ? { kind: "operator", fixed: "+" } : { kind: "comma", fixed: "," });
    pieces.push({ kind: "value", text, wins: i === winner && !average, term: [0, i] });
  });
  if (count < values.length) pieces.push({ kind: "rest", fixed: plural("sum.rest", values.length - count) });
  pieces.push(
    { kind: "mark", fixed: average ? `) / ${divisor}` : ")" },
    ...(average ? tail(figures.relation, "result", figures.result) : tail("=", "result", formatNumber(result))),
  );
  return pieces;
}

function readsText(sum: ConvolutionSum | PoolSum, { size }: ArithmeticProps): string {
  const pooled = sum.kind === "convolution" ? sum.pooling : sum;
  const sentences: string[] = [];
  const where = ({ position, reads }: { position: Cell; reads: Region }) => ({
    row: position[0],
    column: position[1],
    rows: formatIndices(reads.rows),
    columns: formatIndices(reads.columns),
  });
  if (sum.kind !== "convolution") sentences.push(t("sum.reads", where(sum)));
  else if (pooled) sentences.push(t("sum.pools", where(pooled)), t("sum.featureReads", where(sum)));
  else sentences.push(t("sum.reads", where(sum)));
  const padding = size ? paddingRead(sum.reads, size.input) : 0;
  if (padding) sentences.push(t("sum.paddingRead", { count: padding, all: sum.reads.rows.length * sum.reads.columns.length }));
  return sentences.join(" ");
}

function paddingRead({ rows, columns }: Region, [height, width]: readonly [number, number]): number {
  const inside = (indices: readonly number[], size: number) => indices.filter((index) => index >= 0 && index < size).length;
  return rows.length * columns.length - inside(rows, height) * inside(columns, width);
}

function drawEquation(line: readonly Segment[]): HTMLElement {
  return h(
    "p",
    { class: "cw-size-line" },
    line.map(({ text, role }): Child => (role ? h("span", { class: `cw-ink-${role}` }, text) : text)),
  );
}
