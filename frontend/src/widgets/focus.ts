/** Which cells belong together: an output cell and its window, an input cell and what it feeds. */
import { coverage, dropped, feeds, windowOf } from "../engine/geometry";
import type { Maps, PaddingMode, PipelineResult } from "../engine/types";
import type { Term } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import type { ConvolutionSettings, Shapes } from "./convolution_state";
import { flipped, matrices } from "./kernels";

/** The settings and sizes that say where windows lie; a pooling has them too. */
type Steps = Pick<ConvolutionSettings, "stride" | "dilation">;
type Pooled = Steps & (Pick<ConvolutionSettings, "pooling" | "pool_size" | "pool_stride"> | { pooling: "none" });
type Grid = Pick<Shapes, "kernel" | "pad" | "feature" | "output">;

export interface Focus {
  /** The chosen cell of the output. */
  output: Cell;
  /** The cell of the feature map behind it: the greatest of its pooling window, else its first. */
  feature: Cell;
  /** The input under the kernel; what lies outside the picture is padding. */
  window: Region;
  /** The part of the feature map that was pooled into the output cell. */
  pooled: Region | null;
}

export function focusAt(
  output: Cell,
  settings: ConvolutionSettings,
  sizes: Shapes,
  result: Pick<PipelineResult, "poolIndex">,
  channel = 0,
): Focus {
  const { pool_size: size, pool_stride: step } = settings;
  const pooled = settings.pooling === "none" ? null : {
    rows: span(size, (i) => output[0] * step + i),
    columns: span(size, (j) => output[1] * step + j),
  };
  const winner = result.poolIndex?.[(channel * sizes.output[0] + output[0]) * sizes.output[1] + output[1]];
  const feature: Cell = !pooled
    ? output
    : settings.pooling === "max" && winner !== undefined
      ? [Math.floor(winner / sizes.feature[1]), winner % sizes.feature[1]]
      : [pooled.rows[0] as number, pooled.columns[0] as number];
  return { output, feature, pooled, window: windowAt(feature, settings, sizes) };
}

/** The input rows and columns under the kernel for one cell of the feature map. */
export function windowAt(
  [row, column]: Cell,
  { stride, dilation }: Steps,
  { kernel, pad }: Grid,
): Region {
  return {
    rows: windowOf(row, kernel[0], stride, pad[0], dilation),
    columns: windowOf(column, kernel[1], stride, pad[2], dilation),
  };
}

/** The output rows and columns that an input cell takes part in. */
export function fedBy(
  [row, column]: Cell,
  settings: Pooled,
  sizes: Grid,
): Region {
  const axis = (index: number, k: 0 | 1, before: number) => {
    const features = feeds(index, sizes.feature[k], sizes.kernel[k], settings.stride, before, settings.dilation);
    if (settings.pooling === "none") return features;
    return span(sizes.output[k], (o) => o).filter((o) =>
      span(settings.pool_size, (i) => o * settings.pool_stride + i).some((f) => features.includes(f)),
    );
  };
  return { rows: axis(row, 0, sizes.pad[0]), columns: axis(column, 1, sizes.pad[2]) };
}

/** The input rows and columns that one weight, as it is laid on the picture, is multiplied by. */
export function touchedBy(
  [i, j]: Cell,
  { stride, dilation }: ConvolutionSettings,
  { feature, pad }: Shapes,
): Region {
  return {
    rows: span(feature[0], (o) => o * stride - pad[0] + i * dilation),
    columns: span(feature[1], (o) => o * stride - pad[2] + j * dilation),
  };
}

/** The input rows and columns at the far ends that the rounding leaves out of every window. */
export function droppedBy(
  { stride, dilation }: Steps,
  { input, kernel, pad, feature }: Grid & Pick<Shapes, "input">,
): Region {
  const axis = (k: 0 | 1, before: number) => dropped(input[k], feature[k], kernel[k], stride, before, dilation);
  return { rows: axis(0, pad[0]), columns: axis(1, pad[2]) };
}

/** How many windows read each row and each column, the padding's before and after included. */
export function coverageOf({ stride, dilation }: Steps, { input, kernel, pad, feature }: Grid & Pick<Shapes, "input">) {
  const axis = (k: 0 | 1, padding: number) => coverage(input[k] + padding, feature[k], kernel[k], stride, 0, dilation);
  return { rows: axis(0, pad[0] + pad[1]), columns: axis(1, pad[2] + pad[3]) };
}

/** The products of one position: for each channel, each value with its weight, in reading order. */
export function termsAt(
  window: Region,
  settings: ConvolutionSettings,
  selected: Maps,
): Term[][] {
  const planes = laidOn(settings);
  return span(selected.channels, (channel) => {
    const plane = planes[planes.length === 1 ? 0 : channel] ?? [];
    return window.rows.flatMap((row, i) =>
      window.columns.map((column, j) => ({
        value: valueAt(selected, channel, row, column, settings.padding_mode),
        weight: Math.fround(plane[i]?.[j] ?? 0),
        inside: row >= 0 && row < selected.height && column >= 0 && column < selected.width,
      })),
    );
  });
}

/** The kernel's matrices as they are laid on the picture: turned by half for a true convolution. */
export function laidOn({ kernel, flip }: ConvolutionSettings): number[][][] {
  const planes = matrices(kernel);
  return flip ? planes.map(flipped) : planes;
}

/** A value of the padded picture. */
export function valueAt(maps: Maps, channel: number, row: number, column: number, mode: PaddingMode): number {
  const i = source(row, maps.height, mode);
  const j = source(column, maps.width, mode);
  if (i < 0 || j < 0) return 0;
  return maps.data[(channel * maps.height + i) * maps.width + j] as number;
}

/** The index inside the picture that padding takes its value from; −1 for a zero. */
function source(index: number, size: number, mode: PaddingMode): number {
  if (index >= 0 && index < size) return index;
  if (mode === "replicate") return Math.min(Math.max(index, 0), size - 1);
  if (mode === "circular") return ((index % size) + size) % size;
  if (mode === "reflect") return index < 0 ? -index : 2 * (size - 1) - index;
  return -1;
}

export function span<T>(length: number, value: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => value(index));
}
