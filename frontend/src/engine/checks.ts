/** What may reach the kernels. An error names the argument, its value and the rule. */
import { effectiveKernel, outputSize } from "./geometry";
import type { Conv2dOptions, Kernel, Maps, PaddingMode, Pads, Pair, PoolOptions, TransposeOptions } from "./types";

/** A call that the engine refuses. */
export class EngineError extends Error {
  override name = "EngineError";
}

interface Size {
  height: number;
  width: number;
}

const MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
/** No product of two of these leaves the 64-bit numbers that the kernels take. */
const LARGEST = 2 ** 20;

/** Checks a convolution; gives the size of its output. */
export function checkConv2d(x: Maps, w: Kernel, options: Conv2dOptions): Size {
  const { stride, pad, dilation, groups, paddingMode, bias } = options;
  checkMaps("x", x);
  checkKernel("w", w);
  checkPair("stride", stride);
  checkPair("dilation", dilation);
  checkWhole("groups", [groups], 1);
  checkPad2d(x, pad, paddingMode);
  if (x.channels !== w.channels * groups || w.filters % groups !== 0) {
    throw new EngineError(
      `groups must divide channels and filters, got ${groups} for ${x.channels} channels and ${w.filters} filters of ${w.channels}`,
    );
  }
  if (bias && bias.length !== w.filters) {
    throw new EngineError(`bias must have one value for each of ${w.filters} filters, got ${bias.length}`);
  }
  return fit("kernel", x, [w.height, w.width], stride, pad, dilation, false);
}

/** Checks a pooling; gives the size of its output. */
export function checkPool(x: Maps, { size, stride, pad, dilation, ceilMode }: PoolOptions): Size {
  checkMaps("x", x);
  checkPads(pad);
  checkPair("size", size);
  checkPair("stride", stride);
  checkPair("dilation", dilation);
  for (const axis of [0, 1] as const) {
    const most = Math.floor(effectiveKernel(size[axis], dilation[axis]) / 2);
    if (Math.max(...ends(pad, axis)) > most) {
      throw new EngineError(`pad must be at most half of the window (${most}), got ${pad.join(", ")}`);
    }
  }
  return fit("size", x, size, stride, pad, dilation, ceilMode);
}

/** Checks a transposed convolution; gives the shape of its output. */
export function checkTransposed(x: Maps, w: Kernel, options: TransposeOptions): Size & { channels: number } {
  const { stride, pad, dilation, groups, outputPadding, bias } = options;
  checkMaps("x", x);
  checkKernel("w", w);
  checkPair("stride", stride);
  checkPair("dilation", dilation);
  checkPads(pad);
  checkWhole("groups", [groups], 1);
  checkWhole("outputPadding", outputPadding, 0);
  if (w.filters !== x.channels || x.channels % groups !== 0) {
    throw new EngineError(
      `groups must divide channels, one filter for each, got ${groups} for ${x.channels} channels and ${w.filters} filters`,
    );
  }
  const channels = w.channels * groups;
  if (bias && bias.length !== channels) {
    throw new EngineError(`bias must have one value for each of ${channels} channels, got ${bias.length}`);
  }
  const [height, width] = ([0, 1] as const).map((axis) => {
    const more = outputPadding[axis];
    if (more >= Math.max(stride[axis], dilation[axis])) {
      throw new EngineError(`outputPadding must be less than stride or dilation, got ${outputPadding.join(", ")}`);
    }
    const [before, after] = ends(pad, axis);
    const [side, kernel] = axis === 0 ? [x.height, w.height] : [x.width, w.width];
    return (side - 1) * stride[axis] + effectiveKernel(kernel, dilation[axis]) + more - before - after;
  }) as [number, number];
  if (height < 1 || width < 1) {
    throw new EngineError(`pad must leave something of the output, got ${pad.join(", ")}`);
  }
  checkWhole("the output's height and width", [height, width], 1);
  return { height, width, channels };
}

/** Checks that a gradient has the shape of the output it belongs to. */
export function checkGradient(g: Maps, channels: number, { height, width }: Size): void {
  checkMaps("g", g);
  if (g.channels !== channels || g.height !== height || g.width !== width) {
    throw new EngineError(
      `g must have the output's shape ${channels} × ${height} × ${width}, got ${g.channels} × ${g.height} × ${g.width}`,
    );
  }
}

/** Checks places in planes of `plane` cells. */
export function checkPlaces(index: Int32Array, length: number, plane: number): void {
  if (!(index instanceof Int32Array) || index.length !== length) {
    throw new EngineError(`index must hold ${length} int32 values, got ${index?.length}`);
  }
  for (const place of index) {
    if (place < 0 || place >= plane) throw new EngineError(`index must lie from 0 to ${plane - 1}, got ${place}`);
  }
}

export function checkPad2d(x: Maps, pad: Pads, mode: PaddingMode): void {
  checkMaps("x", x);
  checkPads(pad);
  checkOneOf("paddingMode", mode, MODES);
  if (mode !== "reflect" && mode !== "circular") return;
  const less = mode === "reflect" ? 1 : 0;
  if (Math.max(...ends(pad, 0)) > x.height - less || Math.max(...ends(pad, 1)) > x.width - less) {
    const rule = less ? "less than" : "at most";
    throw new EngineError(
      `pad must be ${rule} the image's size for ${mode}, got ${pad.join(", ")} on ${x.height} × ${x.width}`,
    );
  }
}

export function checkMaps(name: string, x: Maps): void {
  checkWhole(`${name}.channels, height and width`, [x.channels, x.height, x.width], 1);
  if (!(x.data instanceof Float32Array) || x.data.length !== x.channels * x.height * x.width) {
    throw new EngineError(
      `${name}.data must hold ${x.channels} × ${x.height} × ${x.width} float32 values, got ${x.data?.length}`,
    );
  }
}

export function checkKernel(name: string, w: Kernel): void {
  const shape = [w.filters, w.channels, w.height, w.width];
  checkWhole(`${name}.filters, channels, height and width`, shape, 1);
  if (!(w.data instanceof Float32Array) || w.data.length !== shape.reduce((product, side) => product * side)) {
    throw new EngineError(`${name}.data must hold ${shape.join(" × ")} float32 values, got ${w.data?.length}`);
  }
}

export function checkOneOf(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new EngineError(`${name} must be one of ${choices.join(", ")}, got ${String(value)}`);
  }
}

export function checkWhole(name: string, values: readonly number[], least: number): void {
  for (const value of values) {
    if (!Number.isInteger(value) || value < least || value > LARGEST) {
      throw new EngineError(`${name} must be whole from ${least} to ${LARGEST}, got ${values.join(", ")}`);
    }
  }
}

function checkPair(name: string, pair: Pair): void {
  if (pair.length !== 2) throw new EngineError(`${name} must be two numbers, got ${String(pair)}`);
  checkWhole(name, pair, 1);
}

function checkPads(pad: Pads): void {
  if (pad.length !== 4) throw new EngineError(`pad must be four numbers, got ${String(pad)}`);
  checkWhole("pad", pad, 0);
}

function fit(
  name: string,
  x: Maps,
  window: Pair,
  stride: Pair,
  pad: Pads,
  dilation: Pair,
  ceilMode: boolean,
): Size {
  const windows = (axis: 0 | 1, side: number) =>
    outputSize(side, window[axis], stride[axis], ends(pad, axis), dilation[axis], ceilMode);
  const height = windows(0, x.height);
  const width = windows(1, x.width);
  if (height < 1 || width < 1) {
    const spread = dilation.some((step) => step > 1) ? ` with dilation ${dilation.join(" × ")}` : "";
    throw new EngineError(
      `${name} must fit the padded image, got ${window.join(" × ")}${spread} on ` +
        `${x.height + pad[0] + pad[1]} × ${x.width + pad[2] + pad[3]}`,
    );
  }
  return { height, width };
}

/** The padding before and after, down or across. */
function ends(pad: Pads, axis: 0 | 1): readonly [number, number] {
  return axis === 0 ? [pad[0], pad[1]] : [pad[2], pad[3]];
}
