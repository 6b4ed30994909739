/**
 * The ways to compute one convolution, and the choice between them. Two passes of tiles, with columns
 * and with rows, are no third: in the page transforms are as fast even for filters of rank one.
 */
import { type FourierPlan, fourierPlan } from "./fourier";
import type { Kernel, Pair } from "./types";

/** How a convolution is computed, and the multiply-adds of the tiles that take as long. */
export type Path =
  | { path: "tiles"; multiplyAdds: number }
  | { path: "fft"; multiplyAdds: number; plan: FourierPlan };

/** What the module's memory may grow to. */
export const MEMORY_LIMIT = 256 * 2 ** 20;
/** What lies there beside the arrays: the module's own, and the gaps between them. */
const RESERVE = 2 ** 20;
/**
 * The tiles have whole numbers and zeros exactly right, which transforms have not: what the tiles do
 * within a frame stays theirs, the explorers' kernels on the largest picture among it.
 */
const TRANSFORMS_FROM = 2e8;
/** What takes longer is left to transforms if they are so many times cheaper. */
const WORTH_ROUNDING = 1.5;
/** The measured time to look at a value of the picture, in multiply-adds. */
const LOOK = 15;
/** Of values below this no sum in the transforms comes near float32's infinity. */
const TAME = 2 ** 40;

/** The path for filters on a picture's values; `inputs` is its size, padding included. */
export function cheapestPath(
  values: Float32Array,
  w: Kernel,
  groups: number,
  inputs: Pair,
  outputs: Pair,
  stride: Pair,
  dilation: Pair,
  transformsFrom = TRANSFORMS_FROM,
): Path {
  const cells = outputs[0] * outputs[1] * w.filters;
  const weights = w.channels * w.height * w.width;
  const tiles = { path: "tiles", multiplyAdds: cells * weights } as const;
  if (tiles.multiplyAdds < transformsFrom) return tiles;
  const taken = 4 * (w.channels * groups * inputs[0] * inputs[1] + w.filters * weights + cells);
  const plan = fourierPlan(w, groups, outputs, stride, dilation, MEMORY_LIMIT - RESERVE - taken);
  if (!plan) return tiles;
  const multiplyAdds = plan.filtersCost + plan.pairsCost + LOOK * values.length;
  const cheaper = WORTH_ROUNDING * multiplyAdds < tiles.multiplyAdds;
  // One NaN, infinity or overflow would spoil two whole tiles.
  return cheaper && areTame(w.data) && areTame(values) ? { path: "fft", multiplyAdds, plan } : tiles;
}

function areTame(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i] as number) < TAME)) return false;
  }
  return true;
}
