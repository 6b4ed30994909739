/** The sum behind one cell of a gradient, and the cells of all maps that take part in it. */
import { feeds, windowOf } from "../engine/geometry";
import type { Telling, Term } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import { formatIndices, formatNumber } from "../views/format";
import { plural, t } from "../words";
import { type BackwardResult, nudge } from "./backward";
import type { GradientSettings, GradientShapes, Which } from "./gradient_state";

/** The cells of a product, by map. */
export interface Places {
  input: Cell | null;
  kernel: Cell | null;
  upstream: Cell;
}

export interface GradientSum {
  which: Which;
  cell: Cell;
  terms: Term[];
  /** Where the terms come from, one by one. */
  places: Places[];
  /** The engine's result. */
  result: number;
  /** The cells that take part, by map; null: none. */
  parts: { input: Region | null; kernel: Region | null; upstream: Region };
}

export interface Pass {
  settings: GradientSettings;
  sizes: GradientShapes;
  result: BackwardResult;
}

/** The rows and columns of a gradient. */
export function gradientSize(which: Which, { input, window }: GradientShapes): [number, number] {
  return which === "input" ? input : which === "weight" ? window : [1, 1];
}

export function gradientSum(which: Which, cell: Cell, pass: Pass): GradientSum {
  if (which === "weight") return weightSum(cell, pass);
  return which === "input" ? inputSum(cell, pass) : biasSum(pass);
}

/** Every output saw the weight on some input: their products add up. */
function weightSum(cell: Cell, { settings: { stride, padding, dilation }, sizes, result }: Pass): GradientSum {
  const { input, upstream, gradients } = result;
  const seen = (axis: 0 | 1) =>
    range(sizes.output[axis]).map((i) => windowOf(i, sizes.window[axis], stride, padding, dilation)[cell[axis]] as number);
  const [rows, columns] = [seen(0), seen(1)];
  const places = crossing(rows, columns).map(([row, column], n): Places => ({
    input: [row, column],
    kernel: cell,
    upstream: [Math.floor(n / columns.length), n % columns.length],
  }));
  const terms = places.map(({ input: at, upstream: [i, j] }): Term => {
    const [row, column] = at as Cell;
    const inside = row >= 0 && column >= 0 && row < input.height && column < input.width;
    const value = inside ? (input.data[row * input.width + column] as number) : 0;
    return { value, weight: upstream.data[i * upstream.width + j] as number, inside };
  });
  const gradient = gradients.weight?.data[cell[0] * sizes.window[1] + cell[1]] ?? NaN;
  const parts = { input: { rows, columns }, kernel: region(cell), upstream: whole(sizes.output) };
  return { which: "weight", cell, terms, places, result: gradient, parts };
}

/** Every output that read the input hands back its gradient times what it read it with. */
function inputSum(cell: Cell, { settings, sizes, result }: Pass): GradientSum {
  const { stride, padding, dilation } = settings;
  const { input, kernel, upstream, index, gradients } = result;
  const readers = (axis: 0 | 1) =>
    feeds(cell[axis], sizes.output[axis], sizes.window[axis], stride, padding, dilation);
  const [rows, columns] = [readers(0), readers(1)];
  const tap = (output: number, axis: 0 | 1) => (cell[axis] + padding - output * stride) / dilation;
  const share = 1 / (sizes.window[0] * sizes.window[1]);
  const here = cell[0] * input.width + cell[1];
  const places = crossing(rows, columns).map(([i, j]): Places => ({
    input: null,
    kernel: kernel ? [tap(i, 0), tap(j, 1)] : null,
    upstream: [i, j],
  }));
  const terms = places.map(({ upstream: [i, j], kernel: at }): Term => {
    const from = i * upstream.width + j;
    const weight = kernel && at ? kernel.data[at[0] * kernel.width + at[1]] : index ? Number(index[from] === here) : share;
    return { value: upstream.data[from] as number, weight: weight as number, inside: true };
  });
  const taps = kernel && {
    rows: rows.map((i) => tap(i, 0)).sort((a, b) => a - b),
    columns: columns.map((j) => tap(j, 1)).sort((a, b) => a - b),
  };
  const parts = { input: region(cell), kernel: taps, upstream: { rows, columns } };
  return { which: "input", cell, terms, places, result: gradients.input.data[here] as number, parts };
}

/** Every output has the bias in it once. */
function biasSum({ sizes, result: { upstream, gradients } }: Pass): GradientSum {
  const { rows, columns } = whole(sizes.output);
  const places = crossing(rows, columns).map((at): Places => ({ input: null, kernel: null, upstream: at }));
  const terms = [...upstream.data].map((value): Term => ({ value, weight: 1, inside: true }));
  const parts = { input: null, kernel: null, upstream: { rows, columns } };
  return { which: "bias", cell: [0, 0], terms, places, result: gradients.bias ?? NaN, parts };
}

/** What a gradient's sum is told with: colours, what it reads, where it stands. */
export function tellingOf(sum: GradientSum, { settings: { operation } }: Pass): Telling {
  const name = nameOf(sum);
  const kind = sum.which === "input" && operation !== "convolution" ? operation : sum.which;
  return {
    roles:
      sum.which === "weight"
        ? { value: "input", weight: "gradient", result: "gradient" }
        : { value: "gradient", weight: sum.which === "input" && operation === "convolution" ? "kernel" : "input", result: "gradient" },
    note: noteOf(kind, sum, name),
    place: t("gradient.spoken", { name }),
  };
}

function noteOf(kind: Which | "convolution" | "max" | "average", sum: GradientSum, name: string): string {
  const { rows, columns } = sum.parts.upstream;
  if (rows.length === 0 || columns.length === 0) return t("gradient.unread", { name });
  const outputs = { rows: span("row", rows), columns: span("column", columns) };
  if (kind === "max") {
    const won = sum.terms.filter(({ weight }) => weight === 1).length;
    return plural("gradient.noteMax", sum.terms.length, { won });
  }
  if (kind === "average") return t("gradient.noteAverage", { name, ...outputs });
  if (kind === "bias") return t("gradient.noteBias", { count: sum.terms.length });
  if (kind === "input") return t("gradient.noteInput", { name, ...outputs });
  const read = sum.parts.input as Region;
  return t("gradient.noteWeight", { name, rows: span("row", read.rows), columns: span("column", read.columns) });
}

/** A cell of a gradient as formulas have it. */
export function nameOf({ which, cell: [row, column] }: Pick<GradientSum, "which" | "cell">): string {
  if (which === "bias") return "∂L/∂b";
  return `∂L/∂${which === "weight" ? "W" : "X"}[${row}, ${column}]`;
}

/** How far an analytic and a numeric slope agree, as digits of the greatest of their map. */
export function agreement(analytic: number, numeric: number, scale: number): number {
  const gap = Math.abs(analytic - numeric) / Math.max(scale, Number.MIN_VALUE);
  return gap === 0 ? Infinity : Math.floor(-Math.log10(gap));
}

/** A slope found by nudging, with what was nudged and what the loss did. */
export function checkText(sum: GradientSum, all: ArrayLike<number>, numeric: ArrayLike<number>, at: number, { operation }: GradientSettings): string {
  const step = nudge({ operation });
  const scale = Array.from(all).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const slope = numeric[at] as number;
  const digits = agreement(sum.result, slope, scale);
  const worst = Array.from(all).reduce((least, value, i) => Math.min(least, agreement(value, numeric[i] as number, scale)), Infinity);
  const told = t("gradient.check", {
    step: formatNumber(step),
    change: formatNumber(2 * step * slope),
    twice: formatNumber(2 * step),
    slope: formatNumber(slope),
  });
  const verdict = operation === "max" && digits < 3 ? t("gradient.kink") : agreed(digits, "gradient.agrees");
  return `${told} ${verdict} ${all.length > 1 && digits >= 3 && worst >= 3 ? agreed(worst, "gradient.allAgree", all.length) : ""}`.trim();
}

function agreed(digits: number, key: "gradient.agrees" | "gradient.allAgree", count = 1): string {
  const exact = digits === Infinity;
  if (key === "gradient.agrees") return exact ? t("gradient.agreesExactly") : t(key, { digits });
  return exact ? t("gradient.allAgreeExactly", { count }) : t(key, { count, digits });
}

function span(axis: "row" | "column", indices: readonly number[]): string {
  return plural(axis === "row" ? "sum.rows" : "sum.columns", indices.length, { indices: formatIndices(indices) });
}

function crossing(rows: readonly number[], columns: readonly number[]): [number, number][] {
  return rows.flatMap((row) => columns.map((column): [number, number] => [row, column]));
}

function region([row, column]: Cell): Region {
  return { rows: [row], columns: [column] };
}

function whole([rows, columns]: readonly [number, number]): Region {
  return { rows: range(rows), columns: range(columns) };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
