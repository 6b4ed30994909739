import type { Kernel } from "../engine/types";
import catalogue from "../generated/catalogue.json";

/** A kernel as the state holds it: a name of the gallery, a matrix, or one matrix for each channel. */
export type KernelState = string | number[][] | number[][][];
export type Matrix = number[][];

export interface GalleryKernel {
  name: string;
  title: string;
  group: string;
  text: string;
  values: Matrix;
}

export const gallery = catalogue.kernels as GalleryKernel[];
const byName = new Map(gallery.map((kernel) => [kernel.name, kernel]));

export function galleryKernel(kernel: KernelState): GalleryKernel | null {
  return typeof kernel === "string" ? (byName.get(kernel) ?? null) : null;
}

/** The matrices of a kernel: one, or one for each channel. */
export function matrices(kernel: KernelState): Matrix[] {
  if (typeof kernel === "string") return [byName.get(kernel)?.values ?? [[1]]];
  return isStack(kernel) ? kernel : [kernel as Matrix];
}

/** The state's form of matrices: the gallery's name where they are one of its kernels' values. */
export function kernelState(planes: Matrix[]): KernelState {
  return planes.length === 1 ? (planes[0] as Matrix) : planes;
}

export function toEngine(kernel: KernelState): Kernel {
  const planes = matrices(kernel);
  const height = planes[0]?.length ?? 0;
  const width = planes[0]?.[0]?.length ?? 0;
  return { data: Float32Array.from(planes.flat(2)), filters: 1, channels: planes.length, height, width };
}

/**
 * A matrix in another size. A box stays a box and a binomial stays a binomial; any other kernel
 * keeps its values about the centre and gains or loses a rim.
 */
export function resized(matrix: Matrix, height: number, width: number): Matrix {
  const sum = matrix.flat().reduce((total, value) => total + value, 0);
  const first = matrix[0]?.[0] ?? 0;
  if (matrix.flat().every((value) => value === first) && first !== 0 && matrix.flat().length > 1) {
    return build(height, width, () => sum / (height * width));
  }
  if (isBinomial(matrix)) {
    const rows = binomial(height);
    const columns = binomial(width);
    return build(height, width, (i, j) => (rows[i] as number) * (columns[j] as number));
  }
  const top = Math.floor((height - matrix.length) / 2);
  const left = Math.floor((width - (matrix[0]?.length ?? 0)) / 2);
  return build(height, width, (i, j) => matrix[i - top]?.[j - left] ?? 0);
}

export const rotated = (matrix: Matrix): Matrix => transposed(matrix).map((row) => row.reverse());
export const flipped = (matrix: Matrix): Matrix => matrix.map((row) => [...row].reverse()).reverse();
export const transposed = (matrix: Matrix): Matrix =>
  (matrix[0] ?? []).map((_, j) => matrix.map((row) => row[j] as number));

/** The matrix with its sum brought to one; null where the sum is zero. */
export function normalised(planes: Matrix[]): Matrix[] | null {
  const sum = planes.flat(2).reduce((total, value) => total + value, 0);
  if (Math.abs(sum) < 1e-12) return null;
  return planes.map((matrix) => matrix.map((row) => row.map((value) => value / sum)));
}

export interface KernelFacts {
  sum: number;
  /** The numerical rank of one matrix; null for a stack. */
  rank: number | null;
  /** The least and the greatest result that inputs between `low` and `high` can give. */
  reach: [number, number];
}

export function kernelFacts(planes: Matrix[], low: number, high: number): KernelFacts {
  const values = planes.flat(2);
  const sum = values.reduce((total, value) => total + value, 0);
  const reach: [number, number] = [0, 0];
  for (const value of values) {
    reach[0] += value * (value < 0 ? high : low);
    reach[1] += value * (value < 0 ? low : high);
  }
  return { sum, rank: planes.length === 1 ? rank(planes[0] as Matrix) : null, reach };
}

/** The rank by Gaussian elimination with full pivoting, to a relative tolerance. */
export function rank(matrix: Matrix): number {
  const rows = matrix.map((row) => [...row]);
  const tolerance = 1e-9 * Math.max(...rows.flat().map(Math.abs), 0);
  let found = 0;
  while (found < rows.length && found < (rows[0]?.length ?? 0)) {
    let best = { size: tolerance, i: -1, j: -1 };
    for (let i = found; i < rows.length; i++) {
      for (const [j, value] of (rows[i] as number[]).entries()) {
        if (Math.abs(value) > best.size) best = { size: Math.abs(value), i, j };
      }
    }
    if (best.i < 0) break;
    const pivot = rows[best.i] as number[];
    rows[best.i] = rows[found] as number[];
    rows[found] = pivot;
    for (let i = found + 1; i < rows.length; i++) {
      const row = rows[i] as number[];
      const factor = (row[best.j] as number) / (pivot[best.j] as number);
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
      row[best.j] = 0;
    }
    found += 1;
  }
  return found;
}

function isStack(kernel: number[][] | number[][][]): kernel is number[][][] {
  return Array.isArray(kernel[0]?.[0]);
}

function isBinomial(matrix: Matrix): boolean {
  const rows = binomial(matrix.length);
  const columns = binomial(matrix[0]?.length ?? 0);
  return (
    matrix.flat().length > 1 &&
    matrix.every((row, i) =>
      row.every((value, j) => Math.abs(value - (rows[i] as number) * (columns[j] as number)) < 1e-9),
    )
  );
}

/** One row of Pascal's triangle, with sum one. */
function binomial(size: number): number[] {
  let row = [1];
  while (row.length < size) row = [...row, 0].map((value, i) => (value + (row[i - 1] ?? 0)) / 2);
  return row;
}

function build(height: number, width: number, value: (i: number, j: number) => number): Matrix {
  return Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => value(i, j)));
}
