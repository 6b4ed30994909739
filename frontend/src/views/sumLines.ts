/** The lines of a sum, as pieces of text that stay and numbers that change. */
import { plural, t } from "../words";
import type { ArithmeticProps, ConvolutionSum, PoolSum, Term } from "./arithmetic";
import type { Cell, Region } from "./cellGrid";
import { exactText, formatIndices, formatNumber, sumFigures } from "./format";
import type { SizeEquation } from "./sizeEquation";
import { MANY_TERMS, type SumFold, foldTerms } from "./sumFold";

/** One stretch of a line: text that stays (`fixed`) or a number that changes (`text`). */
export interface Piece {
  kind:
    | "value"
    | "weight"
    | "bias"
    | "result"
    | "partial"
    | "operator"
    | "comma"
    | "mark"
    | "word"
    | "zeros"
    | "rest";
  text?: string;
  fixed?: string;
  padding?: boolean;
  wins?: boolean;
  term?: [channel: number, index: number];
  /** Part of the equals sign and the result, which stay together. */
  tail?: boolean;
}

/** The equals sign, or "≈", and what follows it. */
function tail(relation: string, kind: "partial" | "result", text: string): Piece[] {
  return [
    { kind: "operator", text: relation, tail: true },
    { kind, text, tail: true },
  ];
}

export function linesOf(
  sum: ConvolutionSum | PoolSum,
  { channelNames = [], channel = null }: ArithmeticProps,
  fold: SumFold,
): Piece[][] {
  const [first = [], ...others] = sumLines(sum, channelNames, fold);
  return [channel === null ? first : [{ kind: "word", fixed: channel }, ...first], ...others];
}

function sumLines(sum: ConvolutionSum | PoolSum, channelNames: readonly string[], fold: SumFold): Piece[][] {
  if (sum.kind !== "convolution") return [poolLine(sum, fold, true)];
  const lines: Piece[][] = [];
  const several = sum.terms.length > 1;
  sum.terms.forEach((terms, channel) => {
    const bias = several ? 0 : sum.bias;
    const result = several ? (sum.partial?.[channel] ?? NaN) : sum.feature;
    const line = productLine(terms, channel, bias, result, several, fold);
    lines.push(
      several ? [{ kind: "word", fixed: channelNames[channel] ?? String(channel + 1) }, ...line] : line,
    );
  });
  if (several) lines.push(channelLine(sum));
  const feature = lines[lines.length - 1]?.at(-1)?.text ?? exactText(sum.feature);
  if (sum.activation && sum.activation.kind !== "none")
    lines.push(activationLine(sum.feature, feature, sum.activation));
  if (sum.pooling) lines.push(poolLine(sum.pooling, fold, false));
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
  const { shown, zeros, rest, long } = foldTerms(terms, fold);
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
  if (rest) pieces.push({ kind: "operator", fixed: "+" });
  if (long) pieces.push({ kind: "rest", fixed: rest ? plural("sum.rest", rest) : t("sum.fewer") });
  if (bias) pieces.push(...biasPieces(bias, figures.parts[terms.length]?.[0] ?? ""));
  if (zeros) pieces.push({ kind: "zeros", fixed: plural(fold.zeros ? "sum.hideZeros" : "sum.zeros", zeros) });
  return [...pieces, ...tail(figures.relation, partial ? "partial" : "result", figures.result)];
}

function biasPieces(bias: number, text: string): Piece[] {
  return [
    { kind: "operator", fixed: bias < 0 ? "−" : "+" },
    { kind: "bias", text: text.replace("−", "") },
  ];
}

function channelLine({ partial, bias, feature }: ConvolutionSum): Piece[] {
  const figures = sumFigures([...(partial ?? []).map((sum) => [sum]), ...(bias ? [[bias]] : [])], feature, {
    room: 8,
  });
  const pieces = figures.parts.flatMap(([text = ""], i): Piece[] => {
    const isBias = bias !== 0 && i === figures.parts.length - 1;
    if (isBias) return biasPieces(bias, text);
    const number: Piece = { kind: "partial", text };
    if (!i) return [number];
    const plus: Piece = { kind: "operator", fixed: "+" };
    if (!text.startsWith("−")) return [plus, number];
    return [plus, { kind: "mark", fixed: "(" }, number, { kind: "mark", fixed: ")" }];
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
  const same = Object.is(result, feature)
    ? shown
    : Object.is(result, -feature)
      ? shown.replace("−", "")
      : formatNumber(result);
  return [
    { kind: "mark", fixed: open },
    { kind: "partial", text: shown },
    { kind: "mark", fixed: close },
    ...tail("=", "result", same),
  ];
}

function poolLine(
  { kind, values, winner, divisor = values.length, result }: PoolSum,
  fold: SumFold,
  /** What is pooled is the input itself, whose cells can be pointed out. */
  ofInput: boolean,
): Piece[] {
  const average = kind === "average";
  const figures = sumFigures(
    values.map((value) => [value]),
    result,
    { divisor },
  );
  const texts = average ? figures.parts.flat() : values.map((value) => formatNumber(value));
  const long = values.length > MANY_TERMS;
  const count = long && !fold.all ? MANY_TERMS : values.length;
  const rest = values.length - count;
  const pieces: Piece[] = [{ kind: "mark", fixed: average ? "(" : `${t(`sum.${kind}`)}(` }];
  texts.slice(0, count).forEach((text, i) => {
    if (i) pieces.push(average ? { kind: "operator", fixed: "+" } : { kind: "comma", fixed: "," });
    pieces.push({ kind: "value", text, wins: i === winner && !average, ...(ofInput && { term: [0, i] }) });
  });
  if (long) pieces.push({ kind: "rest", fixed: rest ? plural("sum.rest", rest) : t("sum.fewer") });
  pieces.push(
    { kind: "mark", fixed: average ? `) / ${divisor}` : ")" },
    ...(average
      ? tail(figures.relation, "result", figures.result)
      : tail("=", "result", formatNumber(result))),
  );
  return pieces;
}

export function readsText(sum: ConvolutionSum | PoolSum, { size, signal = false }: ArithmeticProps): string {
  const pooled = sum.kind === "convolution" ? sum.pooling : sum;
  const sentences: string[] = [];
  const where = ({ position, reads }: { position: Cell; reads: Region }) => ({
    row: position[0],
    column: position[1],
    rows: plural("sum.rows", reads.rows.length, { indices: formatIndices(reads.rows) }),
    columns: plural("sum.columns", reads.columns.length, { indices: formatIndices(reads.columns) }),
  });
  if (signal) {
    sentences.push(t("sum.readsSignal", { index: sum.position[1], indices: formatIndices(sum.reads.columns) }));
  } else if (sum.kind !== "convolution") sentences.push(t("sum.reads", where(sum)));
  else if (pooled) sentences.push(t("sum.pools", where(pooled)), t("sum.featureReads", where(sum)));
  else sentences.push(t("sum.reads", where(sum)));
  const all = sum.reads.rows.length * sum.reads.columns.length;
  const padded = size ? readWithin(sum.reads, size.input, size.pad) : all;
  const padding = size ? padded - readWithin(sum.reads, size.input, [0, 0, 0, 0]) : 0;
  if (padding) sentences.push(plural("sum.paddingRead", padding, { all }));
  if (padded < all) sentences.push(plural("sum.beyond", all - padded, { all }));
  return sentences.join(" ");
}

/** How many of the cells that are read lie in the input or the padding about it. */
function readWithin(
  { rows, columns }: Region,
  [height, width]: SizeEquation["input"],
  [top, bottom, left, right]: SizeEquation["pad"],
): number {
  const within = (indices: readonly number[], first: number, end: number) =>
    indices.filter((index) => index >= first && index < end).length;
  return within(rows, -top, height + bottom) * within(columns, -left, width + right);
}
