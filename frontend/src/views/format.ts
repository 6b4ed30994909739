/** Numbers as text: a true minus sign, few digits, and "≈" wherever the digits shown fall short. */

export interface FormatOptions {
  /** The greatest number of characters without the sign, as far as that can be. */
  room?: number;
  /** A plus before positive numbers. */
  plus?: boolean;
}

const MINUS = "\u2212";
const SHORTEST_KEPT = 4096;
const shortestTexts = new Map<number, string>();

/**
 * A float32 as text: its shortest exact form where that fits, else as many digits as fit.
 *
 * A number that is not zero never reads as zero: `1e−5` in the place of `0.000`.
 */
export function formatNumber(value: number, { room = 8, plus = false }: FormatOptions = {}): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 ? MINUS : plus && value > 0 ? "+" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}∞`;
  if (size === 0) return "0";
  return sign + digits(size, room);
}

/** The shortest text that stands for exactly this float32. */
export function exactText(value: number): string {
  return formatNumber(value, { room: Infinity });
}

function digits(size: number, room: number): string {
  const whole = shortest(size);
  if (whole.length <= room) return whole;
  for (let places = room - 1; places >= 0; places--) {
    const rounded = trimmed(size.toFixed(Math.min(places, 100)));
    if (rounded.length <= room && Number(rounded) > size / 2) return rounded;
  }
  for (let places = Math.max(room - 4, 0); places > 0; places--) {
    const rounded = scientific(size, places);
    if (rounded.length <= room) return rounded;
  }
  return scientific(size, 0);
}

function shortest(size: number): string {
  if (Number.isInteger(size) && size < 1e7) return String(size);
  const known = shortestTexts.get(size);
  if (known !== undefined) return known;
  const single = Math.fround(size);
  let precision = 1;
  while (precision < 9 && Math.fround(Number(size.toPrecision(precision))) !== single) precision += 1;
  const nearest = Number(size.toPrecision(precision));
  const plain = nearest >= 1e-6 && nearest < 1e12;
  const text = plain
    ? trimmed(nearest.toFixed(decimals(nearest, precision)))
    : scientific(nearest, precision - 1);
  if (shortestTexts.size >= SHORTEST_KEPT) shortestTexts.clear();
  shortestTexts.set(size, text);
  return text;
}

function decimals(value: number, precision: number): number {
  return Math.max(0, precision - 1 - Math.floor(Math.log10(value)));
}

function scientific(size: number, places: number): string {
  const [mantissa = "", exponent = "0"] = size.toExponential(Math.min(places, 20)).split("e");
  return `${trimmed(mantissa)}e${exponent.replace("+", "").replace("-", MINUS)}`;
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Indices in short: `87–89`, `−1 to 1`, `0, 2, 4`, `0, 4, …, 56`. */
export function formatIndices(indices: readonly number[]): string {
  const texts = indices.map((index) => formatNumber(index));
  const first = texts[0] ?? "";
  const last = texts[texts.length - 1] ?? "";
  if (texts.length < 2) return first;
  const step = (indices[1] as number) - (indices[0] as number);
  const even = indices.every((index, i) => index === (indices[0] as number) + i * step);
  if (even && step === 1) return (indices[0] as number) < 0 ? `${first} to ${last}` : `${first}–${last}`;
  return texts.length <= 5 ? texts.join(", ") : `${texts.slice(0, 2).join(", ")}, …, ${last}`;
}

export type NumberProblem = "empty" | "comma" | "division" | "number" | "great";

/** A number as a learner types it, `-.5` and `1/9` included, or what is wrong with it. */
export function parseNumber(text: string): number | NumberProblem {
  const typed = text
    .trim()
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/\s*([/+-])\s*/g, "$1");
  if (!typed) return "empty";
  if (/^[+-]?\d*,\d+$/.test(typed)) return "comma";
  const parts = typed.split("/");
  const plain = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  if (parts.length > 2 || !parts.every((part) => plain.test(part))) return "number";
  const [above, below] = parts.map(Number) as [number, number?];
  if (below === 0) return "division";
  const value = above / (below ?? 1);
  return Number.isFinite(Math.fround(value)) ? value : "great";
}

/** One product, or one number that is added. */
export type Factors = readonly number[];

export interface SumFigures {
  parts: string[][];
  result: string;
  relation: "=" | "≈";
}

const PART_ROOM = 6;
const RESULT_ROOM = 8;
const LONGEST = 13;

/**
 * The figures of a sum of products with as few digits as let a calculator find the result from
 * them; where no digits do, the short ones and "≈".
 */
export function sumFigures(
  parts: readonly Factors[],
  result: number,
  { divisor = 1, room = PART_ROOM }: { divisor?: number; room?: number } = {},
): SumFigures {
  const write = (digits: number) =>
    parts.map((factors) => factors.map((factor) => formatNumber(factor, { room: digits })));
  const short = formatNumber(result, { room: RESULT_ROOM });
  for (const digits of [room, RESULT_ROOM, Infinity]) {
    const texts = write(digits);
    for (const shown of new Set([short, exactText(result), binaryText(result)])) {
      if (sumsTo(texts, shown, divisor)) return { parts: texts, result: shown, relation: "=" };
    }
  }
  return { parts: write(room), result: short, relation: "≈" };
}

/** A float32 to its last decimal, where those are few: binary fractions end. */
function binaryText(value: number): string {
  const text = String(Math.abs(value));
  return text.length > LONGEST || !/^[\d.]+$/.test(text) ? exactText(value) : (value < 0 ? MINUS : "") + text;
}

/** Whether products as they are written add up, divided by a whole number, to what is written. */
export function sumsTo(parts: readonly (readonly string[])[], result: string, divisor = 1): boolean {
  const written = [...parts.flat(), result].map(readNumber);
  if (!written.every(Number.isFinite)) {
    const total = parts.reduce((sum, factors) => sum + factors.map(readNumber).reduce((a, b) => a * b, 1), 0);
    return Object.is(total / divisor, readNumber(result));
  }
  const total = parts.map((factors) => factors.map(decimal).reduce(times, ONE)).reduce(plus, ZERO);
  return equal(total, times(decimal(result), { mantissa: BigInt(divisor), places: 0 }));
}

interface Decimal {
  mantissa: bigint;
  places: number;
}

const ZERO: Decimal = { mantissa: 0n, places: 0 };
const ONE: Decimal = { mantissa: 1n, places: 0 };

function readNumber(text: string): number {
  return Number(text.replaceAll(MINUS, "-").replace("∞", "Infinity"));
}

function decimal(text: string): Decimal {
  const [mantissa = "0", exponent = "0"] = text.replaceAll(MINUS, "-").split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const places = fraction.length - Number(exponent);
  const value = BigInt(whole + fraction);
  return places < 0 ? { mantissa: value * 10n ** BigInt(-places), places: 0 } : { mantissa: value, places };
}

function times(a: Decimal, b: Decimal): Decimal {
  return { mantissa: a.mantissa * b.mantissa, places: a.places + b.places };
}

function plus(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  return { mantissa: raised(a, places) + raised(b, places), places };
}

function equal(a: Decimal, b: Decimal): boolean {
  const places = Math.max(a.places, b.places);
  return raised(a, places) === raised(b, places);
}

function raised({ mantissa, places }: Decimal, to: number): bigint {
  return mantissa * 10n ** BigInt(to - places);
}
