/** The cases that Python's engine answers too: one file for both. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as geometry from "../../src/engine/geometry";
import { loadEngine } from "../../src/engine/load";
import type { Activation, Maps, PaddingMode, Pads, Pair } from "../../src/engine/types";

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
  assert.deepEqual([...operations].sort(), ["activate", "avg_pool2d", "conv2d", "max_pool2d", "min_pool2d"]);
  assert.equal(new Set(fixtures.geometry.map(({ fn }) => fn)).size, 6);
});

test("the page's engine answers every operation as the reference does", async () => {
  const engine = await loadEngine();
  const answer = (fixture: Operation): { maps: Maps; index?: Int32Array } => {
    const x = maps(fixture.input);
    const pool = {
      size: fixture.kernel_size,
      stride: fixture.stride,
      pad: fixture.pad,
      dilation: fixture.dilation,
      ceilMode: fixture.ceil_mode,
    };
    switch (fixture.op) {
      case "activate":
        return { maps: engine.activate(x, fixture.kind) };
      case "max_pool2d":
        return engine.maxPool2d(x, pool);
      case "min_pool2d":
        return engine.minPool2d(x, pool);
      case "avg_pool2d": {
        const divisor = fixture.divisor_override ?? 0;
        return { maps: engine.avgPool2d(x, { ...pool, countPadding: fixture.count_include_pad, divisor }) };
      }
      default: {
        const [filters = 1, channels = 1, height = 1, width = 1] = fixture.weight.shape;
        const data = floats(fixture.weight);
        const size = height * width;
        if (fixture.flip) for (let at = 0; at < data.length; at += size) data.subarray(at, at + size).reverse();
        const bias = fixture.bias ? { bias: Float32Array.from(fixture.bias) } : {};
        const { stride, pad, dilation, groups, padding_mode: paddingMode } = fixture;
        return {
          maps: engine.conv2d(
            x,
            { data, filters, channels, height, width },
            { stride, pad, dilation, groups, paddingMode, ...bias },
          ),
        };
      }
    }
  };
  for (const fixture of fixtures.operations) {
    const { maps: got, index } = answer(fixture);
    const say = JSON.stringify({ ...fixture, input: fixture.input.shape, expect: undefined }).slice(0, 300);
    assert.deepEqual([got.channels, got.height, got.width], fixture.expect.shape, say);
    for (const [i, value] of fixture.expect.data.entries()) {
      const [actual, expected] = [got.data[i] as number, Number(value)];
      const close =
        Object.is(actual, expected) ||
        actual === expected ||
        Math.abs(actual - expected) <= fixture.tolerance * Math.max(1, Math.abs(expected));
      assert.ok(close, `${say}: cell ${i} is ${actual}, not ${expected}`);
    }
    if (fixture.index) assert.deepEqual([...(index ?? [])], fixture.index, say);
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
