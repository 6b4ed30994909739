/** The curves of the continuous mode, sampled as Python samples them. */
import catalogue from "../generated/catalogue.json";

/** A cell's width; 512 cells from −8 to 8 are sampled in their middles, those from −4 to 4 shown. */
export const STEP = 1 / 32;
export const CELLS = 512;
export const SHOWN = 4;
/** The output's places on either side of zero. */
export const LAGS = SHOWN / STEP;
/** As many numbers as a curve has that is drawn here. */
export const KNOTS = 65;

export const curveGallery = catalogue.curves as { name: string; title: string }[];

/** The middle of a cell. */
export function timeOf(cell: number): number {
  return (cell + 0.5) * STEP - CELLS * STEP * 0.5;
}

/** A curve's samples: of one with a name and a width, or of one drawn by hand. */
export function sampleCurve(curve: string | readonly number[], width: number): Float32Array {
  const value = typeof curve === "string" ? (t: number) => named(curve, t, width) : (t: number) => drawn(curve, t);
  return Float32Array.from({ length: CELLS }, (_, cell) => value(timeOf(cell)));
}

/** The numbers that a hand goes on from when it draws on a curve. */
export function knotsOf(curve: string | readonly number[], width: number): number[] {
  const value = typeof curve === "string" ? (t: number) => named(curve, t, width) : (t: number) => drawn(curve, t);
  return Array.from({ length: KNOTS }, (_, i) => Math.round(1000 * value(-SHOWN + (2 * SHOWN * i) / (KNOTS - 1))) / 1000 + 0);
}

function named(name: string, t: number, width: number): number {
  switch (name) {
    case "box":
      return Math.abs(t) < width / 2 ? 1 : 0;
    case "triangle":
      return Math.max(1 - Math.abs(t) / (width / 2), 0);
    case "gaussian":
      return Math.exp(-(t ** 2) / (2 * (width / 4) ** 2));
    case "exponential":
      return t > 0 ? Math.exp(-t / (width / 4)) : 0;
    case "sine":
      return Math.abs(t) < 2 ? Math.sin((2 * Math.PI * t) / width) : 0;
    default:
      return Math.abs(t) < 2 ? Math.sin((2 * Math.PI * (t + 2) ** 2) / (4 * width)) : 0;
  }
}

function drawn(knots: readonly number[], t: number): number {
  if (Math.abs(t) > SHOWN) return 0;
  const place = ((t + SHOWN) / (2 * SHOWN)) * (knots.length - 1);
  const before = Math.min(Math.floor(place), knots.length - 2);
  const [from = 0, to = 0] = [knots[before], knots[before + 1]];
  return from + (to - from) * (place - before);
}

/** The cell of g that meets a cell of f when it has slid by so many cells; it may lie outside. */
export function metBy(cell: number, lag: number, flip: boolean): number {
  return flip ? lag + CELLS - 1 - cell : cell - lag;
}
