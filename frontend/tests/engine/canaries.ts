/**
 * The module's exports with every array moved, for the length of a call, between canaries at the very
 * end of the memory. What is written beside an array kills a canary; what is read beyond the last one
 * traps; what is read beside the others is NaN.
 */

type Call = (...args: (number | bigint)[]) => number;
export type Exports = Record<string, Call> & { memory: WebAssembly.Memory };

/** Something outside of its arrays was written. */
export class Overrun extends Error {
  override name = "Overrun";
}

/** Which of a kernel's arrays are written; the others must stay as they are. */
const WRITTEN: Record<string, readonly number[]> = {
  activate: [1],
  activate_gradient: [2],
  adaptive_avg_pool2d_gradient: [1],
  adaptive_pool2d: [1, 2],
  avg_pool2d: [1, 2],
  avg_pool2d_gradient: [1],
  conv2d: [3, 4],
  conv2d_weight: [2],
  conv_transpose2d: [3, 4],
  extreme_pool2d: [1, 2, 3],
  filter_spectra: [1, 2],
  fourier_conv2d: [3, 4, 5, 6],
  pad2d: [1],
  svd: [1, 2, 3, 4],
  unpad2d: [1],
  unpool2d: [2],
};

const CANARY = 512;
const PAGE = 2 ** 16;

interface Argument {
  /** Where the pointer stands among the arguments. */
  at: number;
  pointer: number;
  bytes: number;
}

/** Wraps the kernels; `last` chooses which array lies at the end of the memory. */
export function guarded(exports: Exports, last: (count: number) => number): Exports {
  const { memory } = exports;
  const wrapped: Record<string, unknown> = { memory, __heap_base: exports["__heap_base"] };
  for (const [name, kernel] of Object.entries(exports)) {
    if (typeof kernel !== "function") continue;
    wrapped[name] = (...args: (number | bigint)[]): number => {
      const arrays = argumentsOf(args);
      const order = arrays.map((_, k) => k);
      order.push(...order.splice(last(arrays.length), 1));
      const top = Math.max(...arrays.map(({ pointer, bytes }) => pointer + bytes));
      const need = arrays.reduce((sum, { bytes }) => sum + bytes + CANARY, CANARY) + top - memory.buffer.byteLength;
      if (need > 0) memory.grow(Math.ceil(need / PAGE));
      const all = new Uint8Array(memory.buffer);
      const passed = [...args];
      const moved: number[] = [];
      let end = all.length;
      for (const k of order.reverse()) {
        const { at, pointer, bytes } = arrays[k] as Argument;
        const start = end - bytes;
        all.fill(0xff, start - CANARY, start);
        all.copyWithin(start, pointer, pointer + bytes);
        moved[k] = passed[at] = start;
        end = start - CANARY;
      }
      const before = arrays.map(({ pointer, bytes }) => Buffer.from(all.slice(pointer, pointer + bytes)));
      const status = kernel(...passed);
      for (const [k, { pointer, bytes }] of arrays.entries()) {
        const start = moved[k] as number;
        const canary = all.subarray(start - CANARY, start);
        if (!canary.every((byte) => byte === 0xff)) throw new Overrun(`${name} wrote before its array ${k}`);
        const now = all.subarray(start, start + bytes);
        if (Buffer.compare(before[k] as Buffer, all.subarray(pointer, pointer + bytes)) !== 0) {
          throw new Overrun(`${name} wrote where its array ${k} had been`);
        }
        if (WRITTEN[name]?.includes(k)) all.set(now, pointer);
        else if (Buffer.compare(before[k] as Buffer, now) !== 0) throw new Overrun(`${name} wrote to its input ${k}`);
      }
      return status;
    };
  }
  return wrapped as Exports;
}

/** Finds the arrays among a kernel's arguments: 0, 0, count, size of a value, pointer, sides, strides. */
function argumentsOf(args: readonly (number | bigint)[]): Argument[] {
  const arrays: Argument[] = [];
  let at = 2;
  while (typeof args[at] === "number") {
    const values = Number(args[at + 2]);
    const rest = args.slice(at + 5).map(Number);
    const axes = [1, 2, 3, 4, 5, 6].find((n) => {
      const [sides, strides] = [rest.slice(0, n), rest.slice(n, 2 * n)];
      const products = sides.map((_, axis) => 4 * sides.slice(axis + 1).reduce((a, b) => a * b, 1));
      return sides.reduce((a, b) => a * b, 1) === values && products.every((step, axis) => step === strides[axis]);
    });
    if (axes === undefined) throw new Error("no array is passed like this");
    arrays.push({ at: at + 4, pointer: args[at + 4] as number, bytes: 4 * values });
    at += 5 + 2 * axes;
  }
  return arrays;
}
