/** Where windows lie: output sizes, padding, and which cell reads which. Whole numbers, no arrays. */
import type { Pads, Pair } from "./types";

export type Padding = "valid" | "same" | "half" | "full" | number;

/** The number of windows along one axis: ⌊(I + P − D(K − 1) − 1) / S⌋ + 1; zero where none fits. */
export function outputSize(
  size: number,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
  dilation: number,
  ceilMode = false,
): number {
  const room = size + before + after - effectiveKernel(kernel, dilation);
  const windows = Math.max((ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1, 0);
  // A last window that overhangs must still start inside the input or the padding before it.
  return ceilMode && (windows - 1) * stride >= size + before ? windows - 1 : windows;
}

/** The cells that a dilated kernel spans: D(K − 1) + 1. */
export function effectiveKernel(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** Any way to ask for padding, as cells at the four ends. */
export function resolvePadding(
  padding: Padding,
  size: Pair,
  kernel: Pair,
  stride: Pair,
  dilation: Pair,
): Pads {
  const ends = (axis: 0 | 1): [number, number] => {
    const reach = dilation[axis] * (kernel[axis] - 1);
    if (typeof padding === "number") return [padding, padding];
    if (padding === "valid") return [0, 0];
    if (padding === "full") return [reach, reach];
    const windows = Math.ceil(size[axis] / stride[axis]);
    const total =
      padding === "half" ? reach : Math.max((windows - 1) * stride[axis] + reach + 1 - size[axis], 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  return [...ends(0), ...ends(1)];
}

/** The input indices that one output index reads; those outside of the input are padding. */
export function windowOf(
  index: number,
  kernel: number,
  stride: number,
  before: number,
  dilation: number,
): number[] {
  return Array.from({ length: kernel }, (_, tap) => index * stride - before + tap * dilation);
}

/** The output indices whose windows read an input index. */
export function feeds(
  index: number,
  windows: number,
  kernel: number,
  stride: number,
  before: number,
  dilation: number,
): number[] {
  const found: number[] = [];
  for (let tap = kernel - 1; tap >= 0; tap--) {
    const output = (index + before - tap * dilation) / stride;
    if (Number.isInteger(output) && output >= 0 && output < windows) found.push(output);
  }
  return found;
}

/** The input indices at the far end that lie behind the last window: what the rounding cuts off. */
export function dropped(
  size: number,
  windows: number,
  kernel: number,
  stride: number,
  before: number,
  dilation: number,
): number[] {
  const last = (windows - 1) * stride - before + dilation * (kernel - 1);
  const first = Math.max(last + 1, 0);
  return Array.from({ length: Math.max(size - first, 0) }, (_, i) => first + i);
}

/** How many windows read each input index. */
export function coverage(
  size: number,
  windows: number,
  kernel: number,
  stride: number,
  before: number,
  dilation: number,
): number[] {
  return Array.from(
    { length: size },
    (_, index) => feeds(index, windows, kernel, stride, before, dilation).length,
  );
}
