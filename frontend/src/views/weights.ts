/** The weights of a kernel as numbers to alter and as text. */
import { formatNumber } from "./format";

export type Matrix = readonly (readonly number[])[];

export interface WeightType {
  texts: string[];
  /** The type size in pixels. */
  size: number;
}

const CHARACTER_WIDTH = 0.64;
const LARGEST_TYPE = 19;
const READABLE_TYPE = 10;
const SMALLEST_TYPE = 8;

/**
 * The numbers of a matrix at one type size for cells of a width, at a theme's scale: with a plus
 * while there is room, then without, then shorter.
 */
export function weightTexts(matrix: Matrix, width: number, scale: number): WeightType {
  const values = matrix.flat();
  const attempts = [
    { room: 6, plus: true },
    { room: 5, plus: true },
    { room: 5, plus: false },
  ];
  for (const attempt of attempts) {
    const texts = values.map((value) => formatNumber(value, attempt));
    const size = fittingSize(texts, width, scale);
    if (size >= READABLE_TYPE) return { texts, size };
  }
  const texts = values.map((value) => formatNumber(value, { room: 5 }).replace("0.", "."));
  return { texts, size: Math.max(SMALLEST_TYPE, fittingSize(texts, width, scale)) };
}

function fittingSize(texts: readonly string[], width: number, scale: number): number {
  const longest = Math.max(1, ...texts.map((text) => text.length));
  const margin = width > 40 ? 12 : 4;
  const fitting = Math.min(
    LARGEST_TYPE * scale,
    0.42 * width,
    (width - margin) / (longest * CHARACTER_WIDTH),
  );
  return Math.floor(2 * fitting) / 2;
}

/** How much one step of an arrow key or a drag alters a weight: 1 among whole numbers. */
export function weightStep(planes: readonly Matrix[]): number {
  const values = planes.flat(2).filter(Number.isFinite);
  const reach = Math.max(0, ...values.map(Math.abs));
  if (reach === 0 || values.every(Number.isInteger)) return 1;
  return 10 ** (Math.floor(Math.log10(reach)) - 1);
}

/** A weight and what is added to it, without the dust of binary fractions. */
export function altered(value: number, by: number): number {
  return Number((value + by).toPrecision(9)) + 0;
}

/** The matrix turned by half. */
export function turned(matrix: Matrix): number[][] {
  return matrix.map((row) => [...row].reverse()).reverse();
}

export function replaced(matrix: Matrix, row: number, column: number, value: number): number[][] {
  return matrix.map((line, i) => line.map((other, j) => (i === row && j === column ? value : other)));
}
