/** Convolution of one signal: an image of one row. */
import type { PageEngine } from "./engine";

export interface SignalOptions {
  stride: number;
  /** Zeros before and after. */
  pad: readonly [before: number, after: number];
  dilation: number;
  /** A true convolution. */
  flip: boolean;
}

/** The cross-correlation of a signal with a kernel, or with `flip` their convolution. */
export function conv1d(
  engine: PageEngine,
  signal: Float32Array,
  kernel: Float32Array,
  { stride, pad, dilation, flip }: SignalOptions,
): Float32Array {
  const weights = flip ? kernel.slice().reverse() : kernel;
  const maps = engine.conv2d(
    { data: signal, channels: 1, height: 1, width: signal.length },
    { data: weights, filters: 1, channels: 1, height: 1, width: weights.length },
    {
      stride: [1, stride],
      pad: [0, 0, ...pad],
      dilation: [1, dilation],
      groups: 1,
      paddingMode: "zeros",
      // Sums are exact where their terms are; transforms are not.
      transformsFrom: Infinity,
    },
  );
  return maps.data;
}
