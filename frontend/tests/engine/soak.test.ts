/**
 * Random calls of the page's engine, right and wrong, every array between canaries. The same calls
 * again with CONVWIDGETS_SOAK_SEED; CONVWIDGETS_SOAK_CALLS says how many (CI: 20,000),
 * CONVWIDGETS_SOAK_ONLY which one alone.
 */
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { EngineError } from "../../src/engine/checks";
import { PageEngine } from "../../src/engine/engine";
import { outputSize } from "../../src/engine/geometry";
import { compileKernels } from "../../src/engine/load";
import type { Activation, Conv2dOptions, Kernel, Maps, PaddingMode, Pads, Pair, PoolOptions } from "../../src/engine/types";
import { type Exports, Overrun, guarded } from "./canaries";

const CALLS = Number(env["CONVWIDGETS_SOAK_CALLS"] ?? 20_000);
const SEED = Number(env["CONVWIDGETS_SOAK_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const ONLY = env["CONVWIDGETS_SOAK_ONLY"];
/** One call in so many is compared with the loops below. */
const COMPARED = 20;

const NASTY: unknown[] = [-1, 0, 1, 3, 1.5, NaN, Infinity, 2 ** 20, 2 ** 20 + 1, 2 ** 31, -(2 ** 40), 1e300, undefined, null, "2", [1]];
const MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
const KINDS: readonly Activation[] = ["none", "relu", "abs", "clip"];

/** A generator of numbers from 0 to 1: mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let random = generator(0);
const often = (share: number) => random() < share;
const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const choice = <T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T;
const values = (count: number) => Float32Array.from({ length: count }, () => whole(-8, 8));
const two = (draw: () => number): [number, number] => [draw(), draw()];
const side = () => (often(0.005) ? whole(50, 120) : whole(1, choice([3, 9, 9, 24])));
const step = () => choice([1, 1, 1, 2, 3, whole(1, 9)]);

function maps(channels: number, height: number, width: number): Maps {
  return { data: values(channels * height * width), channels, height, width };
}

interface Call {
  name: string;
  args: unknown[];
  /** The answer's numbers by plain loops. */
  expected: () => ArrayLike<number>;
}

/** Draws a call. What `expected` reads are the arguments before anything is spoilt. */
function drawn(): Call {
  return choice([convolution, convolution, transposed, pooling, pooling, adaptive, unpooling, activation, svd, padding])();
}

function convolution(): Call {
  const groups = choice([1, 1, 1, 2, 3]);
  const [channels, filters] = [whole(1, 3), groups * whole(1, 3)];
  const x = maps(groups * channels, side(), side());
  const [height, width] = two(() => whole(1, choice([3, 5, 5, 11])));
  const w = { data: values(filters * channels * height * width), filters, channels, height, width };
  const options: Conv2dOptions = {
    stride: often(0.5) ? [1, 1] : two(step),
    pad: often(0.4) ? [0, 0, 0, 0] : [whole(0, 5), whole(0, 5), whole(0, 5), whole(0, 5)],
    dilation: often(0.6) ? [1, 1] : two(step),
    groups,
    paddingMode: often(0.6) ? "zeros" : choice(MODES),
    ...(often(0.4) ? { bias: values(filters) } : {}),
    ...(often(0.2) ? { transformsFrom: 0 } : {}),
  };
  const { pad, stride, dilation, paddingMode } = options;
  const outputs = sizes(x, [height, width], stride, pad, dilation, false);
  const at = { top: pad[0], left: pad[2], stride, dilation, groups };
  const about = { height: x.height, width: x.width, mode: paddingMode };
  const g = maps(filters, ...positive(outputs));
  const kind = whole(0, 2);
  if (kind === 0) {
    return { name: "conv2d", args: [x, w, options], expected: () => {
      const y = filled(filters, outputs, options.bias);
      terms(w, outputs, at, about, (wi, xi, yi) => (y[yi] = y[yi]! + w.data[wi]! * x.data[xi]!));
      return y;
    } };
  }
  if (kind === 1) {
    return { name: "conv2dInput", args: [x, w, g, options], expected: () => {
      const y = new Float64Array(x.data.length);
      terms(w, outputs, at, about, (wi, xi, yi) => (y[xi] = y[xi]! + w.data[wi]! * g.data[yi]!));
      return y;
    } };
  }
  return { name: "conv2dWeight", args: [x, w, g, options], expected: () => {
    const y = new Float64Array(w.data.length);
    terms(w, outputs, at, about, (wi, xi, yi) => (y[wi] = y[wi]! + x.data[xi]! * g.data[yi]!));
    return y;
  } };
}

function transposed(): Call {
  const groups = choice([1, 1, 2]);
  const [each, channels] = [whole(1, 3), groups * whole(1, 2)];
  const x = maps(channels, whole(1, 9), whole(1, 9));
  const [height, width] = two(() => whole(1, 5));
  const w = { data: values(channels * each * height * width), filters: channels, channels: each, height, width };
  const [stride, dilation] = [two(step), two(step)];
  const pad: Pads = often(0.5) ? [0, 0, 0, 0] : [whole(0, 3), whole(0, 3), whole(0, 3), whole(0, 3)];
  const outputPadding: Pair = often(0.6) ? [0, 0] : two(() => whole(0, 2));
  const bias = often(0.4) ? { bias: values(each * groups) } : {};
  const options = { stride, pad, outputPadding, dilation, groups, ...bias };
  const size = (axis: 0 | 1, cells: number, taps: number) =>
    (cells - 1) * stride[axis] + dilation[axis] * (taps - 1) + 1 + outputPadding[axis] - pad[2 * axis]! - pad[2 * axis + 1]!;
  const out: Pair = [size(0, x.height, height), size(1, x.width, width)];
  return { name: "convTranspose2d", args: [x, w, options], expected: () => {
    const y = filled(each * groups, out, options.bias);
    const at = { top: pad[0], left: pad[2], stride, dilation, groups };
    // A convolution's terms, the output in the input's place.
    const about = { height: out[0], width: out[1], mode: "zeros" as const };
    terms(w, [x.height, x.width], at, about, (wi, yi, xi) => (y[yi] = y[yi]! + w.data[wi]! * x.data[xi]!));
    return y;
  } };
}

function pooling(): Call {
  const x = maps(whole(1, 3), side(), side());
  const size = two(() => whole(1, choice([2, 3, 3, 9, 30])));
  const options: PoolOptions = {
    size,
    stride: often(0.4) ? size : two(step),
    pad: often(0.5) ? [0, 0, 0, 0] : [whole(0, size[0] >> 1), whole(0, size[0] >> 1), whole(0, size[1] >> 1), whole(0, size[1] >> 1)],
    dilation: often(0.7) ? [1, 1] : two(step),
    ceilMode: often(0.4),
  };
  const { stride, pad, dilation, ceilMode } = options;
  const out = sizes(x, size, stride, pad, dilation, ceilMode);
  const g = maps(x.channels, ...positive(out));
  const kind = whole(0, 5);
  const [countPadding, divisor] = [often(0.5), often(0.8) ? 0 : whole(1, 5)];
  const cells = (c: number, i: number, j: number) => {
    const inside: number[] = [];
    let counted = 0;
    for (let u = 0; u < size[0]; u++) {
      for (let v = 0; v < size[1]; v++) {
        const [r, s] = [i * stride[0] - pad[0] + u * dilation[0], j * stride[1] - pad[2] + v * dilation[1]];
        const [t, b, l, e] = countPadding ? pad : [0, 0, 0, 0];
        if (r >= -t && s >= -l && r < x.height + b && s < x.width + e) counted++;
        if (r >= 0 && s >= 0 && r < x.height && s < x.width) inside.push((c * x.height + r) * x.width + s);
      }
    }
    return { inside, count: divisor || counted };
  };
  const sum = (at: number[]) => at.reduce((total, k) => total + x.data[k]!, 0);
  const best = (at: number[], greatest: boolean) =>
    at.reduce((now, k) => (now < 0 || (greatest ? x.data[k]! > x.data[now]! : x.data[k]! < x.data[now]!) ? k : now), -1);
  const over = (give: (at: number[], count: number, k: number) => void) => {
    let k = 0;
    for (let c = 0; c < x.channels; c++) {
      for (let i = 0; i < out[0]; i++) {
        for (let j = 0; j < out[1]; j++) {
          const { inside, count } = cells(c, i, j);
          give(inside, count, k++);
        }
      }
    }
  };
  const collect = (one: (at: number[], count: number) => number) => {
    const y: number[] = [];
    over((at, count) => y.push(one(at, count)));
    return y;
  };
  const back = (one: (at: number[], count: number, g: number, y: Float64Array) => void) => {
    const y = new Float64Array(x.data.length);
    over((at, count, k) => one(at, count, g.data[k]!, y));
    return y;
  };
  const means = { ...options, countPadding, divisor };
  if (kind < 2) {
    const worst = kind === 0 ? -Infinity : Infinity;
    const winner = (at: number[]) => (at.length ? x.data[best(at, kind === 0)]! : worst);
    return { name: kind === 0 ? "maxPool2d" : "minPool2d", args: [x, options], expected: () => collect(winner) };
  }
  if (kind === 2) return { name: "avgPool2d", args: [x, means], expected: () => collect((at, n) => sum(at) / n) };
  if (kind === 3) {
    return { name: "avgPool2dGradient", args: [x, g, means], expected: () =>
      back((at, n, value, y) => at.forEach((k) => (y[k] = y[k]! + value / n))) };
  }
  return { name: "extremePool2dGradient", args: [x, g, options, kind === 4], expected: () =>
    back((at, _, value, y) => { if (at.length) y[best(at, kind === 4)]! += value; }) };
}

function adaptive(): Call {
  const x = maps(whole(1, 3), side(), side());
  const out = two(() => whole(1, choice([3, 9, 30])));
  const g = maps(x.channels, ...out);
  const parts = (give: (at: number[], k: number) => void) => {
    let k = 0;
    for (let c = 0; c < x.channels; c++) {
      for (let i = 0; i < out[0]; i++) {
        for (let j = 0; j < out[1]; j++) {
          const at: number[] = [];
          for (let r = Math.floor((i * x.height) / out[0]); r < Math.ceil(((i + 1) * x.height) / out[0]); r++) {
            for (let s = Math.floor((j * x.width) / out[1]); s < Math.ceil(((j + 1) * x.width) / out[1]); s++) {
              at.push((c * x.height + r) * x.width + s);
            }
          }
          give(at, k++);
        }
      }
    }
  };
  const kind = choice(["average", "max", "gradient"]);
  if (kind === "gradient") {
    return { name: "adaptiveAvgPool2dGradient", args: [x, g], expected: () => {
      const y = new Float64Array(x.data.length);
      parts((at, k) => at.forEach((cell) => (y[cell] = y[cell]! + g.data[k]! / at.length)));
      return y;
    } };
  }
  return { name: "adaptivePool2d", args: [x, kind, ...out], expected: () => {
    const y: number[] = [];
    parts((at) => {
      const cells = at.map((k) => x.data[k]!);
      y.push(kind === "max" ? Math.max(...cells) : cells.reduce((a, b) => a + b) / cells.length);
    });
    return y;
  } };
}

function unpooling(): Call {
  const x = maps(whole(1, 3), whole(1, 9), whole(1, 9));
  const [height, width] = two(() => whole(1, 20));
  const add = often(0.5);
  const index = Int32Array.from(x.data, () => whole(0, height * width - 1));
  return { name: "unpool2d", args: [x, index, height, width, add], expected: () => {
    const y = new Float64Array(x.channels * height * width);
    const plane = x.height * x.width;
    index.forEach((place, k) => {
      const at = Math.floor(k / plane) * height * width + place;
      y[at] = (add ? y[at]! : 0) + x.data[k]!;
    });
    return y;
  } };
}

function activation(): Call {
  const x = maps(whole(1, 3), side(), side());
  const g = maps(x.channels, x.height, x.width);
  const kind = choice(KINDS);
  const slope = (v: number) => ({ none: 1, relu: +(v > 0), abs: Math.sign(v), clip: +(v >= 0 && v <= 255) })[kind];
  if (often(0.5)) {
    return { name: "activateGradient", args: [x, g, kind], expected: () => g.data.map((v, k) => v * slope(x.data[k]!)) };
  }
  const act = (v: number) => ({ none: v, relu: Math.max(v, 0), abs: Math.abs(v), clip: Math.min(Math.max(v, 0), 255) })[kind];
  return { name: "activate", args: [x, kind], expected: () => x.data.map(act) };
}

function svd(): Call {
  const [height, width] = two(() => whole(1, 12));
  const matrix: Kernel = { data: values(height * width), filters: 1, channels: 1, height, width };
  return { name: "svd", args: [matrix], expected: () => matrix.data };
}

function padding(): Call {
  const x = maps(whole(1, 3), side(), side());
  const pad: Pads = [whole(0, 5), whole(0, 5), whole(0, 5), whole(0, 5)];
  const mode = choice(MODES);
  return { name: "pad2d", args: [x, pad, mode], expected: () => {
    const y: number[] = [];
    for (let c = 0; c < x.channels; c++) {
      for (let i = -pad[0]; i < x.height + pad[1]; i++) {
        for (let j = -pad[2]; j < x.width + pad[3]; j++) {
          const [r, s] = [source(i, x.height, mode), source(j, x.width, mode)];
          y.push(r < 0 || s < 0 ? 0 : x.data[(c * x.height + r) * x.width + s]!);
        }
      }
    }
    return y;
  } };
}

interface Steps { top: number; left: number; stride: Pair; dilation: Pair; groups: number }

/** Visits every product of a convolution: the weight's place, the input's, the output's. */
function terms(
  w: Kernel,
  outputs: Pair,
  { top, left, stride, dilation, groups }: Steps,
  input: { height: number; width: number; mode: PaddingMode },
  visit: (weight: number, input: number, output: number) => void,
): void {
  for (let o = 0; o < w.filters; o++) {
    const first = Math.floor(o / (w.filters / groups)) * w.channels;
    for (let c = 0; c < w.channels; c++) {
      for (let u = 0; u < w.height; u++) {
        for (let v = 0; v < w.width; v++) {
          for (let i = 0; i < outputs[0]; i++) {
            const r = source(i * stride[0] - top + u * dilation[0], input.height, input.mode);
            for (let j = 0; r >= 0 && j < outputs[1]; j++) {
              const s = source(j * stride[1] - left + v * dilation[1], input.width, input.mode);
              if (s < 0) continue;
              const weight = ((o * w.channels + c) * w.height + u) * w.width + v;
              visit(weight, ((first + c) * input.height + r) * input.width + s, (o * outputs[0] + i) * outputs[1] + j);
            }
          }
        }
      }
    }
  }
}

/** The cell that a place takes its value from; -1 for a zero. */
function source(index: number, size: number, mode: PaddingMode): number {
  if (index >= 0 && index < size) return index;
  if (mode === "reflect") return index < 0 ? -index : 2 * (size - 1) - index;
  if (mode === "replicate") return index < 0 ? 0 : size - 1;
  if (mode === "circular") return (index + size) % size;
  return -1;
}

function filled(channels: number, [height, width]: Pair, bias?: Float32Array): Float64Array {
  return Float64Array.from({ length: channels * height * width }, (_, k) => bias?.[Math.floor(k / (height * width))] ?? 0);
}

function sizes(x: Maps, kernel: Pair, stride: Pair, pad: Pads, dilation: Pair, ceil: boolean): [number, number] {
  return [
    outputSize(x.height, kernel[0], stride[0], [pad[0], pad[1]], dilation[0], ceil),
    outputSize(x.width, kernel[1], stride[1], [pad[2], pad[3]], dilation[1], ceil),
  ];
}

function positive([height, width]: Pair): [number, number] {
  return [Math.max(height, 1), Math.max(width, 1)];
}

/** Puts something else somewhere into the arguments, at whatever depth; tells if an object is gone. */
function spoil(call: Call): boolean {
  let [holder, key]: [any, string | number] = [call.args, whole(0, call.args.length - 1)];
  for (;;) {
    const value = holder[key];
    if (value instanceof Float32Array || value instanceof Int32Array) {
      holder[key] = choice<unknown>([
        value.slice(1),
        Float64Array.from(value),
        [...value],
        undefined,
        value.map(() => choice([2 ** 31 - 1, -1, 1e9, NaN])),
        ...(value instanceof Float32Array ? [value.map((v) => (often(0.2) ? choice([NaN, Infinity, 1e38]) : v))] : []),
      ]);
      return false;
    }
    const simple = typeof value !== "object" || value === null;
    if (simple || often(0.1)) {
      holder[key] = choice(NASTY);
      return !simple;
    }
    const copy: any = (holder[key] = Array.isArray(value) ? [...value] : { ...value });
    const keys = Object.keys(copy);
    if (keys.length === 0) return false;
    [holder, key] = [copy, choice(keys)];
  }
}

function numbersOf(call: Call, answer: any): ArrayLike<number> {
  if (call.name !== "svd") return (answer.maps ?? answer).data;
  const { columns, values: scales, rows } = answer as Record<string, Float32Array>;
  const { height, width } = call.args[0] as Kernel;
  const short = scales!.length;
  return Float64Array.from({ length: height * width }, (_, k) => {
    let sum = 0;
    for (let n = 0; n < short; n++) {
      sum += columns![Math.floor(k / width) * short + n]! * scales![n]! * rows![(k % width) * short + n]!;
    }
    return sum;
  });
}

async function guardedEngine(): Promise<PageEngine> {
  const { exports } = await WebAssembly.instantiate(await compileKernels(), {});
  // Another generator than the calls', so that these are the same whatever was called before.
  const place = generator(SEED);
  return new PageEngine(guarded(exports as unknown as Exports, (count) => Math.floor(place() * count)) as never);
}

test(`${CALLS} random calls stay inside their arrays (CONVWIDGETS_SOAK_SEED=${SEED})`, async () => {
  process.stdout.write(`CONVWIDGETS_SOAK_SEED=${SEED}\n`);
  const engine = await guardedEngine();
  const ends: Record<string, number> = {};
  const start = performance.now();
  const [first, end] = ONLY ? [Number(ONLY), Number(ONLY) + 1] : [0, CALLS];
  for (let number = first; number < end; number++) {
    random = generator(SEED + 7919 * number);
    const call = drawn();
    const before = call.args;
    const spoilt = often(0.3);
    let objectGone = false;
    if (spoilt) {
      call.args = [...call.args];
      objectGone = spoil(call);
    }
    const compared = !spoilt && (ONLY !== undefined || number % COMPARED === 0);
    const untouched = compared ? structuredClone(before) : null;
    const say = () => `call ${number} of seed ${SEED}: ${call.name}${spoilt ? ", spoilt" : ""} ${JSON.stringify(call.args).slice(0, 600)}`;
    let how = `${call.name} answered`;
    try {
      const answer = (engine as any)[call.name](...call.args);
      if (compared) {
        const [got, expected] = [numbersOf(call, answer), call.expected()];
        assert.equal(got.length, expected.length, say());
        // Transforms alone round, in proportion to the largest values.
        const slack = 1e-5 * Math.max(1, ...Array.from(expected, Math.abs).filter(Number.isFinite)) + (call.name === "conv2d" ? 0.05 : 0);
        for (let k = 0; k < got.length; k++) {
          const [one, other] = [got[k]!, expected[k]!];
          assert.ok(Object.is(one, other) || one === other || Math.abs(one - other) <= slack, `${say()}: cell ${k} is ${one}, not ${other}`);
        }
        assert.deepEqual(before, untouched, say());
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      // The types let nobody leave out a whole object; who does gets JavaScript's own error.
      const refused = error instanceof EngineError || (objectGone && error instanceof TypeError);
      if (!refused) throw new Error(say(), { cause: error });
      how = `${call.name} refused`;
    }
    ends[how] = (ends[how] ?? 0) + 1;
  }
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${JSON.stringify(ends)} ${Math.round((end - first) / seconds)} calls per second\n`);
});

test("the canaries tell of a cell beyond an array, and the end of the memory traps", async () => {
  const { exports } = await WebAssembly.instantiate(await compileKernels(), {});
  const plain = exports as unknown as Exports;
  const flat = (values: number, pointer: number) => [0, 0, BigInt(values), 4n, pointer, BigInt(values), 4n];
  const base = Number((plain["__heap_base"] as unknown as WebAssembly.Global).value);
  const ends: string[] = [];
  for (const last of [0, 1]) {
    const wrong = guarded(plain, () => last);
    try {
      // Ten cells of input, nine of output.
      wrong["activate"]!(base, base + 8, ...flat(10, base + 64), ...flat(9, base + 1024), 0n);
    } catch (error) {
      ends.push(error instanceof Overrun ? "canary" : error instanceof WebAssembly.RuntimeError ? "trap" : String(error));
    }
  }
  assert.deepEqual(ends, ["canary", "trap"]);
});
