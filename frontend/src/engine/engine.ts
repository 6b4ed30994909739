/** The kernels of the page: typed calls of the WebAssembly module, on bounded and reused memory. */
import {
  EngineError,
  checkConv2d,
  checkGradient,
  checkKernel,
  checkMaps,
  checkOneOf,
  checkPad2d,
  checkPlaces,
  checkPool,
  checkTransposed,
  checkWhole,
} from "./checks";
import { type FourierPlan, roots } from "./fourier";
import { effectiveKernel } from "./geometry";
import { MEMORY_LIMIT, type Path, cheapestPath } from "./paths";
import type {
  Activation,
  Conv2dOptions,
  Kernel,
  Maps,
  PaddingMode,
  Pads,
  Pair,
  PoolOptions,
  TransposeOptions,
} from "./types";

const MODES: Record<PaddingMode, number> = { zeros: 0, reflect: 1, replicate: 2, circular: 3 };
const ACTIVATIONS: Record<Activation, number> = { none: 0, relu: 1, abs: 2, clip: 3 };
const POOLS: Record<"average" | "max", number> = { average: 0, max: 1 };
/** Values that the copies of a picture's rims may take. */
const SCRATCH = 2 ** 18;
const LANES = 4;
/** The filters that one tile takes. */
const FILTERS_TOGETHER = 4;
const PAGE = 2 ** 16;
const ALIGNMENT = 64;

type Exports = Record<string, (...args: (number | bigint)[]) => number> & { memory: WebAssembly.Memory };

/** An array in the module's memory. */
interface Placed {
  pointer: number;
  shape: number[];
}

/** What a convolution is asked for, beside its arrays. */
interface Correlation {
  w: Kernel;
  stride: Pair;
  topLeft: Pair;
  dilation: Pair;
  groups: number;
  outputs: Pair;
}

/** An engine with a memory of its own. */
export async function createEngine(module: WebAssembly.Module): Promise<PageEngine> {
  const instance = await WebAssembly.instantiate(module, {});
  return new PageEngine(instance.exports as unknown as Exports);
}

export class PageEngine {
  readonly #exports: Exports;
  readonly #start: number;
  #top: number;

  constructor(exports: Exports) {
    this.#exports = exports;
    const base = Number((exports["__heap_base"] as unknown as WebAssembly.Global).value);
    // Two pointers that every kernel takes for what it returns and raises: never written.
    this.#start = align(base + 16);
    this.#top = this.#start;
  }

  /** The bytes of the module's memory. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** The image with a rim: `pad` cells at the top, bottom, left and right. */
  pad2d(x: Maps, pad: Pads, mode: PaddingMode): Maps {
    checkPad2d(x, pad, mode);
    const height = x.height + pad[0] + pad[1];
    const width = x.width + pad[2] + pad[3];
    return this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      this.#call("pad2d", [this.#place(x.data, mapShape(x)), y], [pad[0], pad[2], MODES[mode]]);
      return { data: this.#read(y), channels: x.channels, height, width };
    });
  }

  /** The cross-correlation of an image with filters. */
  conv2d(x: Maps, w: Kernel, options: Conv2dOptions): Maps {
    return finish(this.conv2dInParts(x, w, options, Infinity));
  }

  /** The same in parts of about `work` multiply-adds; yields the fraction done after each. */
  *conv2dInParts(x: Maps, w: Kernel, options: Conv2dOptions, work: number): Generator<number, Maps> {
    const { height, width } = checkConv2d(x, w, options);
    const { stride, dilation, groups, paddingMode } = options;
    // A padding zero times an infinite weight is NaN: then the zeros must be there to be multiplied.
    const explicit = options.pad.some(Boolean) && (paddingMode !== "zeros" || !w.data.every(Number.isFinite));
    const [image, pad] = explicit ? [this.pad2d(x, options.pad, paddingMode), [0, 0, 0, 0] as const] : [x, options.pad];
    this.#top = this.#start;
    const arrays = [
      this.#place(image.data, mapShape(image)),
      this.#place(w.data, kernelShape(w)),
      this.#place(options.bias ?? new Float32Array(w.filters), [w.filters]),
      this.#room([1, w.filters, height, width]),
    ] as const;
    const path = this.explain(x, w, options);
    const call = { w, stride, topLeft: [pad[0], pad[2]] as const, dilation, groups, outputs: [height, width] as const };
    yield* path.path === "fft" ? this.#byTransforms(arrays, call, path.plan, work) : this.#byTiles(arrays, call, work);
    return { data: this.#read(arrays[3]), channels: w.filters, height, width };
  }

  /** How `conv2d` computes that, and how much work it is. */
  explain(x: Maps, w: Kernel, options: Conv2dOptions): Path {
    const { height, width } = checkConv2d(x, w, options);
    const [top, bottom, left, right] = options.pad;
    const inputs = [x.height + top + bottom, x.width + left + right] as const;
    const { groups, stride, dilation, transformsFrom } = options;
    return cheapestPath(x.data, w, groups, inputs, [height, width], stride, dilation, transformsFrom);
  }

  /** The greatest value of each window, and where it stands in its plane. */
  maxPool2d(x: Maps, options: PoolOptions): { maps: Maps; index: Int32Array } {
    return this.#extreme(x, options, true);
  }

  /** The least value of each window, and where it stands in its plane. */
  minPool2d(x: Maps, options: PoolOptions): { maps: Maps; index: Int32Array } {
    return this.#extreme(x, options, false);
  }

  /** The mean of each window; padding counts as zeros when `countPadding`, `divisor` replaces the count. */
  avgPool2d(x: Maps, options: PoolOptions & { countPadding: boolean; divisor?: number }): Maps {
    const { height, width } = checkPool(x, options);
    const { size, stride, pad, dilation, divisor = 0 } = options;
    checkWhole("divisor", [divisor], 0);
    return this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      this.#call(
        "avg_pool2d",
        [this.#place(x.data, mapShape(x)), y, this.#room([x.width])],
        [...size, ...stride, pad[0], pad[2], pad[1], pad[3], ...dilation, options.countPadding ? 1 : 0, divisor, 0, height],
      );
      return { data: this.#read(y), channels: x.channels, height, width };
    });
  }

  activate(x: Maps, kind: Activation): Maps {
    checkMaps("x", x);
    checkOneOf("activation", kind, Object.keys(ACTIVATIONS));
    return this.#fresh(() => {
      const y = this.#room([x.data.length]);
      this.#call("activate", [this.#place(x.data, [x.data.length]), y], [ACTIVATIONS[kind]]);
      return { ...x, data: this.#read(y) };
    });
  }

  /** The transpose of a convolution: every input cell lays a weighted kernel on the output. */
  convTranspose2d(x: Maps, w: Kernel, options: TransposeOptions): Maps {
    const { height, width, channels } = checkTransposed(x, w, options);
    const { stride, pad, dilation, groups } = options;
    const bias = options.bias ?? new Float32Array(channels);
    return this.#fresh(() => {
      const y = this.#room([1, channels, height, width]);
      this.#call(
        "conv_transpose2d",
        [
          this.#place(x.data, mapShape(x)),
          this.#place(w.data, kernelShape(w)),
          this.#place(bias, [channels]),
          y,
          this.#room([2 * width]),
        ],
        [...stride, pad[0], pad[2], ...dilation, groups, 0, height],
      );
      return { data: this.#read(y), channels, height, width };
    });
  }

  /** What a convolution's output gives back to its input: `x` is the input, `g` the output's gradient. */
  conv2dInput(x: Maps, w: Kernel, g: Maps, options: Conv2dOptions): Maps {
    checkGradient(g, w.filters, checkConv2d(x, w, options));
    const { stride, pad, dilation, groups, paddingMode } = options;
    const explicit = paddingMode !== "zeros";
    const [top, bottom, left, right] = explicit ? pad : ([0, 0, 0, 0] as const);
    const [height, width] = [x.height + top + bottom, x.width + left + right];
    const framed = this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      this.#call(
        "conv_transpose2d",
        [
          this.#place(g.data, mapShape(g)),
          this.#place(w.data, kernelShape(w)),
          this.#place(new Float32Array(x.channels), [x.channels]),
          y,
          this.#room([2 * width]),
        ],
        [...stride, explicit ? 0 : pad[0], explicit ? 0 : pad[2], ...dilation, groups, 0, height],
      );
      return { data: this.#read(y), channels: x.channels, height, width };
    });
    if (!explicit) return framed;
    return this.#fresh(() => {
      const back = this.#zeros(mapShape(x));
      this.#call("unpad2d", [this.#place(framed.data, mapShape(framed)), back], [top, left, MODES[paddingMode]]);
      return { ...x, data: this.#read(back) };
    });
  }

  /** What a convolution's output gives back to its weights. */
  conv2dWeight(x: Maps, w: Kernel, g: Maps, options: Conv2dOptions): Kernel {
    checkGradient(g, w.filters, checkConv2d(x, w, options));
    const { stride, dilation, groups, paddingMode } = options;
    const explicit = paddingMode !== "zeros" && options.pad.some(Boolean);
    const [image, pad] = explicit ? [this.pad2d(x, options.pad, paddingMode), [0, 0, 0, 0] as const] : [x, options.pad];
    return this.#fresh(() => {
      const back = this.#room(kernelShape(w));
      this.#call(
        "conv2d_weight",
        [this.#place(image.data, mapShape(image)), this.#place(g.data, mapShape(g)), back],
        [...stride, pad[0], pad[2], ...dilation, groups, 0, w.filters],
      );
      return { ...w, data: this.#read(back) };
    });
  }

  /** What a greatest or least value's window gives back: all to the winner. */
  extremePool2dGradient(x: Maps, g: Maps, options: PoolOptions, greatest: boolean): Maps {
    checkGradient(g, x.channels, checkPool(x, options));
    const { index } = this.#extreme(x, options, greatest);
    return this.unpool2d(g, index, x.height, x.width, true);
  }

  /** What a mean gives back: equal shares. */
  avgPool2dGradient(x: Maps, g: Maps, options: PoolOptions & { countPadding: boolean; divisor?: number }): Maps {
    checkGradient(g, x.channels, checkPool(x, options));
    const { size, stride, pad, dilation, divisor = 0 } = options;
    checkWhole("divisor", [divisor], 0);
    return this.#fresh(() => {
      const back = this.#zeros(mapShape(x));
      this.#call(
        "avg_pool2d_gradient",
        [this.#place(g.data, mapShape(g)), back],
        [...size, ...stride, pad[0], pad[2], pad[1], pad[3], ...dilation, options.countPadding ? 1 : 0, divisor],
      );
      return { ...x, data: this.#read(back) };
    });
  }

  /** The mean or the greatest value of each of near-equal parts, and where the greatest stands. */
  adaptivePool2d(x: Maps, kind: "average" | "max", height: number, width: number): { maps: Maps; index: Int32Array } {
    checkMaps("x", x);
    checkOneOf("kind", kind, Object.keys(POOLS));
    checkWhole("height and width", [height, width], 1);
    return this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      const index = this.#room([1, x.channels, height, width]);
      this.#call("adaptive_pool2d", [this.#place(x.data, mapShape(x)), y, index], [POOLS[kind]]);
      return { maps: { data: this.#read(y), channels: x.channels, height, width }, index: this.#readWhole(index) };
    });
  }

  /** What the means of near-equal parts give back. */
  adaptiveAvgPool2dGradient(x: Maps, g: Maps): Maps {
    checkMaps("x", x);
    checkMaps("g", g);
    checkGradient(g, x.channels, g);
    return this.#fresh(() => {
      const back = this.#zeros(mapShape(x));
      this.#call("adaptive_avg_pool2d_gradient", [this.#place(g.data, mapShape(g)), back], []);
      return { ...x, data: this.#read(back) };
    });
  }

  /** Every value put at its place in a plane of zeros, or added to what is there already. */
  unpool2d(x: Maps, index: Int32Array, height: number, width: number, add = false): Maps {
    checkMaps("x", x);
    checkWhole("height and width", [height, width], 1);
    checkPlaces(index, x.data.length, height * width);
    return this.#fresh(() => {
      const y = this.#zeros([1, x.channels, height, width]);
      const where = this.#room(mapShape(x));
      new Int32Array(this.#exports.memory.buffer, where.pointer, index.length).set(index);
      this.#call("unpool2d", [this.#place(x.data, mapShape(x)), where, y], [add ? 1 : 0]);
      return { data: this.#read(y), channels: x.channels, height, width };
    });
  }

  activateGradient(x: Maps, g: Maps, kind: Activation): Maps {
    checkMaps("x", x);
    checkGradient(g, x.channels, x);
    checkOneOf("activation", kind, Object.keys(ACTIVATIONS));
    return this.#fresh(() => {
      const size = [x.data.length];
      const y = this.#room(size);
      this.#call("activate_gradient", [this.#place(x.data, size), this.#place(g.data, size), y], [ACTIVATIONS[kind]]);
      return { ...x, data: this.#read(y) };
    });
  }

  /** The singular values of a matrix, in descending order, and its factors: columns × values × rows. */
  svd(matrix: Kernel): { columns: Float32Array; values: Float32Array; rows: Float32Array } {
    checkKernel("matrix", matrix);
    if (matrix.filters !== 1 || matrix.channels !== 1) {
      throw new EngineError(`matrix must be one matrix, got ${matrix.filters} × ${matrix.channels}`);
    }
    const { height, width } = matrix;
    const short = Math.min(height, width);
    return this.#fresh(() => {
      const [u, s, v] = [this.#room([height, short]), this.#room([short]), this.#room([width, short])];
      const work = this.#room([short, Math.max(height, width) + short]);
      this.#call("svd", [this.#place(matrix.data, [height, width]), u, s, v, work], []);
      return { columns: this.#read(u), values: this.#read(s), rows: this.#read(v) };
    });
  }

  /** Every weight with every cell. */
  *#byTiles(arrays: readonly Placed[], call: Correlation, work: number): Generator<number, void> {
    const { w, stride, topLeft, dilation, groups, outputs } = call;
    const [height, width] = outputs;
    const copies = this.#room([rimCopies(w, stride, dilation, height)]);
    const perRow = width * w.filters * w.channels * w.height * w.width;
    const rows = Math.max(4, Math.min(height, Math.floor(work / perRow)));
    for (let row = 0; row < height; row += rows) {
      const end = Math.min(row + rows, height);
      this.#call("conv2d", [...arrays, copies], [...stride, ...topLeft, ...dilation, groups, row, end]);
      if (end < height) yield end / height;
    }
  }

  /** The spectra of all filters, then the picture's, two tiles at a time. */
  *#byTransforms(arrays: readonly Placed[], call: Correlation, plan: FourierPlan, work: number): Generator<number, void> {
    const [x, w, b, y] = arrays as [Placed, Placed, Placed, Placed];
    const { stride, topLeft, dilation, groups } = call;
    const { pairs, filtersCost, pairsCost, shapes } = plan;
    const filters = call.w.filters * call.w.channels;
    const total = filtersCost + pairsCost;
    const spectra = this.#room(shapes.spectra);
    const tile = this.#room(shapes.tile);
    const sums = [this.#room(shapes.channels), this.#room(shapes.product)];
    const turns = plan.tile.map((side) => this.#place(roots(side), [2, side]));
    const reach = [(call.w.height - 1) * dilation[0], (call.w.width - 1) * dilation[1]];
    for (const [first, end] of slices(filters, filtersCost, work)) {
      this.#call("filter_spectra", [w, spectra, tile, ...turns], [...dilation, first, end]);
      yield (filtersCost * end) / filters / total;
    }
    for (const [first, end] of slices(pairs, pairsCost, work)) {
      const scalars = [...reach, ...stride, ...topLeft, groups, first, end];
      this.#call("fourier_conv2d", [x, spectra, b, y, tile, ...sums, ...turns], scalars);
      if (end < pairs) yield (filtersCost + (pairsCost * end) / pairs) / total;
    }
  }

  #extreme(x: Maps, options: PoolOptions, greatest: boolean): { maps: Maps; index: Int32Array } {
    const { height, width } = checkPool(x, options);
    const { size, stride, pad, dilation } = options;
    return this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      const index = this.#room([1, x.channels, height, width]);
      this.#call(
        "extreme_pool2d",
        [this.#place(x.data, mapShape(x)), y, index, this.#room([x.width])],
        [...size, ...stride, pad[0], pad[2], ...dilation, greatest ? 1 : 0, 0, height],
      );
      return { maps: { data: this.#read(y), channels: x.channels, height, width }, index: this.#readWhole(index) };
    });
  }

  #fresh<T>(work: () => T): T {
    this.#top = this.#start;
    return work();
  }

  /** Numba's calling convention: what it returns and raises, each array taken apart, the scalars. */
  #call(name: string, arrays: Placed[], scalars: number[]): void {
    const args: (number | bigint)[] = [this.#start - 16, this.#start - 8];
    for (const { pointer, shape } of arrays) {
      const strides = shape.map((_, axis) => 4 * count(shape.slice(axis + 1)));
      args.push(0, 0, BigInt(count(shape)), 4n, pointer, ...shape.map(BigInt), ...strides.map(BigInt));
    }
    const kernel = this.#exports[name] as Exports[string];
    const status = kernel(...args, ...scalars.map(BigInt));
    if (status !== 0) throw new EngineError(`${name} failed with status ${status}`);
  }

  #place(data: Float32Array, shape: number[]): Placed {
    const placed = this.#room(shape);
    new Float32Array(this.#exports.memory.buffer, placed.pointer, data.length).set(data);
    return placed;
  }

  #room(shape: number[]): Placed {
    const pointer = this.#top;
    const end = align(pointer + 4 * count(shape));
    if (end > MEMORY_LIMIT) {
      throw new EngineError(`images must fit ${MEMORY_LIMIT / 2 ** 20} MB of memory, these need ${Math.ceil(end / 2 ** 20)} MB`);
    }
    const { memory } = this.#exports;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) grow(memory, Math.ceil(missing / PAGE));
    this.#top = end;
    return { pointer, shape };
  }

  #zeros(shape: number[]): Placed {
    const placed = this.#room(shape);
    new Float32Array(this.#exports.memory.buffer, placed.pointer, count(shape)).fill(0);
    return placed;
  }

  #readWhole({ pointer, shape }: Placed): Int32Array {
    return new Int32Array(this.#exports.memory.buffer, pointer, count(shape)).slice();
  }

  #read({ pointer, shape }: Placed): Float32Array {
    return new Float32Array(this.#exports.memory.buffer, pointer, count(shape)).slice();
  }
}

/** Runs a computation in parts to its end. */
export function finish<T>(parts: Generator<number, T>): T {
  for (;;) {
    const step = parts.next();
    if (step.done) return step.value;
  }
}

/** Cuts `total` things that cost `cost` together into parts of about `work`: each one's first and end. */
function* slices(total: number, cost: number, work: number): Generator<[first: number, end: number]> {
  const each = Math.max(1, Math.min(total, Math.floor((work * total) / cost)));
  for (let first = 0; first < total; first += each) yield [first, Math.min(first + each, total)];
}

function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch {
    throw new EngineError(`the page must give the engine memory for these images, and refused ${(pages * PAGE) / 2 ** 20} MB`);
  }
}

/** The room that the kernel wants for the weights and for copies of the rims: of all rows, or of one window's. */
function rimCopies(w: Kernel, stride: Pair, dilation: Pair, outputs: number): number {
  const part = (LANES - 1) * stride[1] + effectiveKernel(w.width, dilation[1]);
  const lines = effectiveKernel(w.height, dilation[0]);
  const line = w.channels * 2 * part;
  const beside = 2 * LANES * FILTERS_TOGETHER;
  const wanted = line * ((outputs - 1) * stride[0] + lines) + outputs * beside;
  return count(kernelShape(w)) + Math.max(line * lines + beside, Math.min(wanted, SCRATCH));
}

function kernelShape({ filters, channels, height, width }: Kernel): number[] {
  return [filters, channels, height, width];
}

function mapShape({ channels, height, width }: Maps): number[] {
  return [1, channels, height, width];
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
