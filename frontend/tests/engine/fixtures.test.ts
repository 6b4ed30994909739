/** The cases that Python's engine answers too: one file for both. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as geometry from "../../src/engine/geometry";
import { loadEngine } from "../../src/engine/load";
import type { PageEngine } from "../../src/engine/engine";
import type { Activation, Kernel, Maps, PaddingMode, Pads, Pair } from "../../src/engine/types";

interface Tensor {
  shape: number[];
  data: (number | string)[];
}

interface Operation {
  op: string;
  input: Tensor;
  expect: Tensor;
  tolerance: number;
  index?: number[];
  weight: Tensor;
  gradient: Tensor;
  expect_weight?: Tensor;
  expect_gradient?: Tensor;
  output_size: Pair;
  output_padding: Pair;
  bias: number[] | null;
  stride: Pair;
  pad: Pads;
  dilation: Pair;
  groups: number;
  padding_mode: PaddingMode;
  flip: boolean;
  kernel_size: Pair;
  ceil_mode: boolean;
  count_include_pad: boolean;
  divisor_override: number | null;
  kind: Activation;
}

interface Rule {
  fn: string;
  args: Record<string, any>;
  expect: unknown;
}

const fixtures = JSON.parse(readFileSync("../tests/fixtures/engine.json", "utf8")) as {
  operations: Operation[];
  geometry: Rule[];
};

const floats = ({ data }: Tensor) => Float32Array.from(data, Number);

function maps(tensor: Tensor): Maps {
  const [channels = 1, height = 1, width = 1] = tensor.shape;
  return { data: floats(tensor), channels, height, width };
}

test("there are cases of every operation and of every rule", () => {
  const operations = new Set(fixtures.operations.map(({ op }) => op));
  assert.deepEqual([...operations].sort(), [
    "activate",
    "activate_gradient",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_gradient",
    "conv2d",
    "conv2d_gradients",
    "conv_transpose2d",
    "max_pool2d",
    "max_pool2d_gradient",
    "max_unpool2d",
    "min_pool2d",
    "min_pool2d_gradient",
  ]);
  assert.equal(new Set(fixtures.geometry.map(({ fn }) => fn)).size, 6);
});

test("the page's engine answers every operation as the reference does", async () => {
  const engine = await loadEngine();
  for (const fixture of fixtures.operations) {
    const say = JSON.stringify({ ...fixture, input: fixture.input.shape, expect: undefined }).slice(0, 300);
    for (const [got, expect] of answers(engine, fixture)) {
      assert.deepEqual(got.shape, expect.shape, say);
      for (const [i, value] of expect.data.entries()) {
        const [actual, expected] = [got.data[i] as number, Number(value)];
        const close =
          Object.is(actual, expected) ||
          actual === expected ||
          Math.abs(actual - expected) <= fixture.tolerance * Math.max(1, Math.abs(expected));
        assert.ok(close, `${say}: cell ${i} is ${actual}, not ${expected}`);
      }
    }
  }
});

type Answer = { shape: number[]; data: ArrayLike<number> };

/** What the engine answers, each beside what is expected. */
function answers(engine: PageEngine, fixture: Operation): [Answer, Tensor][] {
  const x = maps(fixture.input);
  const g = fixture.gradient && maps(fixture.gradient);
  const { stride, pad, dilation, groups, padding_mode: paddingMode, kind } = fixture;
  const pool = { size: fixture.kernel_size, stride, pad, dilation, ceilMode: fixture.ceil_mode };
  const counting = { ...pool, countPadding: fixture.count_include_pad, divisor: fixture.divisor_override ?? 0 };
  const bias = fixture.bias ? { bias: Float32Array.from(fixture.bias) } : {};
  const options = { stride, pad, dilation, groups, paddingMode, ...bias };
  const only = (answer: Maps): [Answer, Tensor][] => [[shaped(answer), fixture.expect]];
  const placed = ({ maps: answer, index }: { maps: Maps; index: Int32Array }): [Answer, Tensor][] => {
    const where = fixture.index as number[];
    return [
      [shaped(answer), fixture.expect],
      [{ shape: [index.length], data: index }, { shape: [where.length], data: where }],
    ];
  };
  switch (fixture.op) {
    case "activate":
      return only(engine.activate(x, kind));
    case "activate_gradient":
      return only(engine.activateGradient(x, g, kind));
    case "max_pool2d":
      return placed(engine.maxPool2d(x, pool));
    case "min_pool2d":
      return placed(engine.minPool2d(x, pool));
    case "avg_pool2d":
      return only(engine.avgPool2d(x, counting));
    case "max_pool2d_gradient":
    case "min_pool2d_gradient":
      return only(engine.extremePool2dGradient(x, g, pool, fixture.op.startsWith("max")));
    case "avg_pool2d_gradient":
      return only(engine.avgPool2dGradient(x, g, counting));
    case "adaptive_avg_pool2d":
    case "adaptive_max_pool2d": {
      const average = fixture.op === "adaptive_avg_pool2d";
      const { maps: answer, index } = engine.adaptivePool2d(x, average ? "average" : "max", ...fixture.output_size);
      const back = average
        ? engine.adaptiveAvgPool2dGradient(x, g)
        : engine.unpool2d(g, index, x.height, x.width, true);
      return [...only(answer), [shaped(back), fixture.expect_gradient as Tensor]];
    }
    case "max_unpool2d": {
      const [, height = 1, width = 1] = fixture.expect.shape;
      return only(engine.unpool2d(x, Int32Array.from(fixture.index as number[]), height, width));
    }
    case "conv_transpose2d":
      return only(engine.convTranspose2d(x, filters(fixture), { ...options, outputPadding: fixture.output_padding }));
    case "conv2d_gradients": {
      const weight = engine.conv2dWeight(x, filters(fixture), g, options);
      const { filters: count, channels, height, width } = weight;
      return [
        ...only(engine.conv2dInput(x, filters(fixture), g, options)),
        [{ shape: [count, channels, height, width], data: weight.data }, fixture.expect_weight as Tensor],
      ];
    }
    default:
      return only(engine.conv2d(x, filters(fixture), options));
  }
}

function filters({ weight, flip }: Operation): Kernel {
  const [count = 1, channels = 1, height = 1, width = 1] = weight.shape;
  const data = floats(weight);
  const size = height * width;
  if (flip) for (let at = 0; at < data.length; at += size) data.subarray(at, at + size).reverse();
  return { data, filters: count, channels, height, width };
}

function shaped({ data, channels, height, width }: Maps): Answer {
  return { shape: [channels, height, width], data };
}

test("the singular values of a matrix, and its factors", async () => {
  const engine = await loadEngine();
  const [height, width] = [4, 3];
  const outer = Float32Array.from({ length: 12 }, (_, i) => (Math.floor(i / 3) + 1) * ((i % 3) - 1));
  const { columns, values, rows } = engine.svd({ data: outer, filters: 1, channels: 1, height, width });
  assert.ok(Math.abs((values[0] as number) - Math.sqrt(60)) < 1e-5);
  assert.ok((values[1] as number) < 1e-5 && (values[2] as number) < 1e-5);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const product = (columns[i * 3] as number) * (values[0] as number) * (rows[j * 3] as number);
      assert.ok(Math.abs(product - (outer[i * width + j] as number)) < 1e-5);
    }
  }
});

test("the page's geometry follows the same rules", () => {
  for (const { fn, args, expect } of fixtures.geometry) {
    const { size, kernel, stride, pad, dilation, ceil_mode: ceil, index, padding } = args;
    const windows = fn === "resolve_padding" ? 0 : geometry.outputSize(size, kernel, stride, pad ?? [0, 0], dilation, ceil);
    const before = pad?.[0] ?? 0;
    const answers: Record<string, () => unknown> = {
      output_size: () => windows,
      window: () => geometry.windowOf(index, kernel, stride, before, dilation),
      feeds: () => geometry.feeds(index, windows, kernel, stride, before, dilation),
      dropped: () => geometry.dropped(size, windows, kernel, stride, before, dilation),
      coverage: () => geometry.coverage(size, windows, kernel, stride, before, dilation),
      resolve_padding: () => geometry.resolvePadding(padding, size, kernel, stride, dilation),
    };
    assert.deepEqual(answers[fn]?.(), expect, `${fn} ${JSON.stringify(args)}`);
  }
});
