/** The kernels of the page: typed calls of the WebAssembly module, on bounded and reused memory. */
import { EngineError, checkConv2d, checkMaps, checkOneOf, checkPad2d, checkPool, checkWhole } from "./checks";
import type { Activation, Conv2dOptions, Kernel, Maps, PaddingMode, Pads, PoolOptions } from "./types";

const MODES: Record<PaddingMode, number> = { zeros: 0, reflect: 1, replicate: 2, circular: 3 };
const ACTIVATIONS: Record<Activation, number> = { none: 0, relu: 1, abs: 2, clip: 3 };
const MEMORY_LIMIT = 256 * 2 ** 20;
const PAGE = 2 ** 16;
const ALIGNMENT = 64;

type Exports = Record<string, (...args: (number | bigint)[]) => number> & { memory: WebAssembly.Memory };

/** An array in the module's memory. */
interface Placed {
  pointer: number;
  shape: number[];
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
    const bias = options.bias ?? new Float32Array(w.filters);
    // A padding zero times an infinite weight is NaN: then the zeros must be there to be multiplied.
    const explicit = options.pad.some(Boolean) && (paddingMode !== "zeros" || !w.data.every(Number.isFinite));
    const [image, pad] = explicit ? [this.pad2d(x, options.pad, paddingMode), [0, 0, 0, 0] as const] : [x, options.pad];
    this.#top = this.#start;
    const arrays = [
      this.#place(image.data, mapShape(image)),
      this.#place(w.data, [w.filters, w.channels, w.height, w.width]),
      this.#place(bias, [w.filters]),
      this.#room([1, w.filters, height, width]),
    ];
    const scalars = [stride[0], stride[1], pad[0], pad[2], dilation[0], dilation[1], groups];
    const perRow = width * w.filters * w.channels * w.height * w.width;
    const rows = Math.max(4, Math.min(height, Math.floor(work / perRow)));
    for (let row = 0; row < height; row += rows) {
      this.#call("conv2d", arrays, [...scalars, row, Math.min(row + rows, height)]);
      if (row + rows < height) yield (row + rows) / height;
    }
    return { data: this.#read(arrays[3] as Placed), channels: w.filters, height, width };
  }

  /** The greatest value of each window, and where it stands in its plane. */
  maxPool2d(x: Maps, options: PoolOptions): { maps: Maps; index: Int32Array } {
    return this.#extreme("max_pool2d", x, options);
  }

  /** The least value of each window, and where it stands in its plane. */
  minPool2d(x: Maps, options: PoolOptions): { maps: Maps; index: Int32Array } {
    return this.#extreme("min_pool2d", x, options);
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
        [this.#place(x.data, mapShape(x)), y],
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

  #extreme(kernel: string, x: Maps, options: PoolOptions): { maps: Maps; index: Int32Array } {
    const { height, width } = checkPool(x, options);
    const { size, stride, pad, dilation } = options;
    return this.#fresh(() => {
      const y = this.#room([1, x.channels, height, width]);
      const index = this.#room([1, x.channels, height, width]);
      this.#call(
        kernel,
        [this.#place(x.data, mapShape(x)), y, index],
        [...size, ...stride, pad[0], pad[2], ...dilation, 0, height],
      );
      const maps = { data: this.#read(y), channels: x.channels, height, width };
      return { maps, index: new Int32Array(this.#exports.memory.buffer, index.pointer, count(index.shape)).slice() };
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

function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch {
    throw new EngineError(`the page must give the engine memory for these images, and refused ${(pages * PAGE) / 2 ** 20} MB`);
  }
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
