/** The ways to compute one convolution, and the choice between them. */
import { type FourierPlan, fourierPlan } from "./fourier";
import type { Kernel, Pair } from "./types";

/** How a convolution is computed, and the multiply-adds of the direct kernel that take as long. */
export type Path =
  | { path: "tiles"; multiplyAdds: number }
  | { path: "fft"; multiplyAdds: number; plan: FourierPlan };

/** What the module's memory may grow to. */
export const MEMORY_LIMIT = 256 * 2 ** 20;
/** What lies in the memory beside the arrays: the module's own, and what alignment leaves empty. */
const RESERVE = 2 ** 20;
/** Sums of what the transforms add up stay this far below float32's infinity. */
const TAME = 2 ** 100;

/** The cheapest path, if values are such as every path can take: see `areTame`. */
export function cheapestPath(
  w: Omit<Kernel, "data">,
  groups: number,
  inputs: Pair,
  outputs: Pair,
  stride: Pair,
  dilation: Pair,
): Path {
  const direct = tilesPath(w, outputs);
  const weights = w.filters * w.channels * w.height * w.width;
  const cells = w.channels * groups * inputs[0] * inputs[1] + w.filters * outputs[0] * outputs[1];
  const bytes = MEMORY_LIMIT - RESERVE - 4 * (weights + cells);
  const plan = fourierPlan(w, groups, outputs, stride, dilation, bytes);
  const multiplyAdds = plan ? plan.filtersCost + plan.pairsCost : Infinity;
  return plan && multiplyAdds < direct.multiplyAdds ? { path: "fft", multiplyAdds, plan } : direct;
}

/** Every weight with every cell. */
export function tilesPath(w: Omit<Kernel, "data">, outputs: Pair): Path {
  return { path: "tiles", multiplyAdds: outputs[0] * outputs[1] * w.filters * w.channels * w.height * w.width };
}

/** Whether no NaN, infinity or overflow can come of transforms, where one would spoil whole tiles. */
export function areTame(x: Float32Array, w: Float32Array): boolean {
  return magnitude(w) * magnitude(x) < TAME;
}

function magnitude(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i] as number);
  return sum;
}
