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
/** Below so many multiply-adds no other way is worth a last digit that the tiles have right. */
const WORTH_A_SEARCH = 1e7;
/** Transforms add up no more than this of products, so that sums stay far below float32's infinity. */
const TAME = 2 ** 100;

/** The cheapest path for filters and the values that they are laid on; `inputs` counts the padding. */
export function cheapestPath(
  values: Float32Array,
  w: Kernel,
  groups: number,
  inputs: Pair,
  outputs: Pair,
  stride: Pair,
  dilation: Pair,
): Path {
  const cells = outputs[0] * outputs[1] * w.filters;
  const weights = w.channels * w.height * w.width;
  const tiles = { path: "tiles", multiplyAdds: cells * weights } as const;
  if (tiles.multiplyAdds < WORTH_A_SEARCH) return tiles;
  const taken = 4 * (w.channels * groups * inputs[0] * inputs[1] + w.filters * weights + cells);
  const plan = fourierPlan(w, groups, outputs, stride, dilation, MEMORY_LIMIT - RESERVE - taken);
  const multiplyAdds = plan ? plan.filtersCost + plan.pairsCost : Infinity;
  // One NaN, infinity or overflow would spoil two whole tiles.
  const chosen = plan && multiplyAdds < tiles.multiplyAdds && magnitude(w.data) * magnitude(values) < TAME;
  return chosen ? { path: "fft", multiplyAdds, plan } : tiles;
}

function magnitude(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i] as number);
  return sum;
}
