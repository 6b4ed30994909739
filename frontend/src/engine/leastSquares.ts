/** Least squares by the normal equations, in double precision: for a few dozen unknowns. */

const SWEEPS = 60;
/** Directions whose curvature is less than this share of the greatest count as flat. */
const FLAT = 1e-14;

export interface Quadratic {
  /** The solution; where many are as good, the smallest of them. */
  solution: number[];
  /** The eigenvalues of AᵀA, rising. */
  eigenvalues: number[];
}

/** What solves A·w = y best, from the rows of A. */
export function leastSquares(rows: readonly ArrayLike<number>[], y: ArrayLike<number>): Quadratic {
  const count = rows[0]?.length ?? 0;
  const gram = Array.from({ length: count }, () => new Float64Array(count));
  const right = new Float64Array(count);
  rows.forEach((row, n) => {
    for (let i = 0; i < count; i++) {
      const value = row[i] as number;
      right[i] = (right[i] as number) + value * (y[n] as number);
      const line = gram[i] as Float64Array;
      for (let j = 0; j < count; j++) line[j] = (line[j] as number) + value * (row[j] as number);
    }
  });
  const { values, vectors } = eigen(gram);
  const greatest = Math.max(0, ...values);
  const solution = new Array<number>(count).fill(0);
  values.forEach((value, k) => {
    if (!(value > FLAT * greatest)) return;
    const along = vectors.reduce((sum, line, i) => sum + (line[k] as number) * (right[i] as number), 0) / value;
    vectors.forEach((line, i) => (solution[i] = (solution[i] as number) + along * (line[k] as number)));
  });
  return { solution, eigenvalues: [...values].map((value) => Math.max(0, value)).sort((a, b) => a - b) };
}

/** The eigenvalues of a symmetric matrix and its eigenvectors as columns, by Jacobi's rotations. */
function eigen(symmetric: readonly Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const a = symmetric.map((row) => Float64Array.from(row));
  const count = a.length;
  const vectors = a.map((_, i) => Float64Array.from({ length: count }, (__, j) => Number(i === j)));
  const size = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((total, value) => total + value * value, 0), 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < count; p++) for (let q = p + 1; q < count; q++) off += at(a, p, q) ** 2;
    if (Math.sqrt(off) <= 1e-16 * size) break;
    for (let p = 0; p < count; p++) for (let q = p + 1; q < count; q++) rotate(a, vectors, p, q);
  }
  return { values: a.map((row, i) => row[i] as number), vectors };
}

/** Turns the axes p and q until the matrix has a zero between them. */
function rotate(a: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const between = at(a, p, q);
  if (between === 0) return;
  const slant = (at(a, q, q) - at(a, p, p)) / (2 * between);
  const tangent = (slant < 0 ? -1 : 1) / (Math.abs(slant) + Math.hypot(slant, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const mix = (line: Float64Array) => {
    const [x, y] = [line[p] as number, line[q] as number];
    line[p] = cosine * x - sine * y;
    line[q] = sine * x + cosine * y;
  };
  for (const row of a) mix(row);
  const [first, second] = [a[p] as Float64Array, a[q] as Float64Array];
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [first[k] as number, second[k] as number];
    first[k] = cosine * x - sine * y;
    second[k] = sine * x + cosine * y;
  }
  for (const row of vectors) mix(row);
}

function at(a: readonly Float64Array[], i: number, j: number): number {
  return (a[i] as Float64Array)[j] as number;
}
