/** The path by Fourier transforms: the same results as the textbook's loops, where it is cheaper. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { multiplyAdds } from "../../src/engine/cost";
import { createEngine } from "../../src/engine/engine";
import { outputSize } from "../../src/engine/geometry";
import { compileKernels, loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import { runSliced } from "../../src/engine/sliced";
import type { Conv2dOptions, Kernel, Maps, PaddingMode, PipelineRequest } from "../../src/engine/types";

let seed = 5;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

const maps = (channels: number, height: number, width = height): Maps => {
  return { data: noise(channels * height * width), channels, height, width };
};
const filters = (count: number, channels: number, height: number, width = height): Kernel => {
  return { data: noise(count * channels * height * width), filters: count, channels, height, width };
};

const plain: Conv2dOptions = { stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], groups: 1, paddingMode: "zeros" };

/** The textbook's loops in double precision. */
function literal(x: Maps, w: Kernel, { stride, pad, dilation, groups, bias }: Conv2dOptions): Float64Array {
  const height = outputSize(x.height, w.height, stride[0], [pad[0], pad[1]], dilation[0]);
  const width = outputSize(x.width, w.width, stride[1], [pad[2], pad[3]], dilation[1]);
  const y = new Float64Array(w.filters * height * width);
  for (let at = 0; at < y.length; at++) {
    const [o, i, j] = [Math.floor(at / width / height), Math.floor(at / width) % height, at % width];
    const first = Math.floor(o / (w.filters / groups)) * w.channels;
    let sum = bias?.[o] ?? 0;
    for (let c = 0; c < w.channels; c++) {
      for (let u = 0; u < w.height; u++) {
        const r = i * stride[0] - pad[0] + u * dilation[0];
        if (r < 0 || r >= x.height) continue;
        const cells = ((first + c) * x.height + r) * x.width;
        const weights = ((o * w.channels + c) * w.height + u) * w.width;
        for (let v = 0; v < w.width; v++) {
          const s = j * stride[1] - pad[2] + v * dilation[1];
          if (s >= 0 && s < x.width) sum += (w.data[weights + v] as number) * (x.data[cells + s] as number);
        }
      }
    }
    y[at] = sum;
  }
  return y;
}

/** The greatest difference, in units of float32's rounding of the sum of the terms' roots of squares. */
function worst(actual: Float32Array, expected: Float64Array, x: Maps, w: Kernel): number {
  assert.equal(actual.length, expected.length);
  const size = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const unit = 2 ** -24 * size(x.data) * size(w.data) * Math.sqrt(w.channels * w.height * w.width);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] as number))), 0) / unit;
}

const cases: [name: string, x: Maps, w: Kernel, options: Partial<Conv2dOptions>][] = [
  ["63 × 63", maps(1, 150), filters(1, 1, 63), { pad: [31, 31, 31, 31] }],
  ["31 × 31, one tile", maps(1, 40), filters(1, 1, 31), { pad: [15, 15, 15, 15] }],
  ["wide", maps(1, 30, 300), filters(1, 1, 5, 63), { pad: [2, 2, 31, 31] }],
  ["tall", maps(1, 300, 30), filters(1, 1, 63, 5), { pad: [31, 31, 2, 2] }],
  ["no padding", maps(1, 128, 97), filters(1, 1, 25), {}],
  ["unequal padding", maps(1, 90, 101), filters(1, 1, 29, 23), { pad: [28, 0, 3, 40] }],
  ["bias, filters", maps(1, 70), filters(5, 1, 21), { bias: noise(5) }],
  ["channels", maps(3, 80), filters(4, 3, 19), { pad: [9, 9, 9, 9] }],
  ["groups", maps(6, 80), filters(4, 3, 21), { groups: 2 }],
  ["each channel", maps(3, 100), filters(3, 1, 27), { groups: 3, pad: [13, 13, 13, 13] }],
  ["stride", maps(1, 200), filters(1, 1, 45), { stride: [2, 1] }],
  ["strides", maps(2, 150, 170), filters(3, 2, 41), { stride: [1, 3], pad: [20, 20, 20, 20] }],
  ["dilation", maps(1, 160), filters(2, 1, 31), { dilation: [2, 3], pad: [30, 30, 45, 45] }],
  ["all at once", maps(4, 170), filters(6, 2, 33, 37), { stride: [2, 1], dilation: [1, 2], groups: 2, pad: [16, 9, 36, 30] }],
];

for (const [name, x, w, change] of cases) {
  test(`transforms agree with the textbook's loops: ${name}`, async () => {
    const engine = await loadEngine();
    const options = { ...plain, ...change };
    assert.equal(engine.explain(x, w, options).path, "fft");
    const error = worst(engine.conv2d(x, w, options).data, literal(x, w, options), x, w);
    console.log(name, error);
    assert.ok(error < 32, `${error} roundings`);
  });
}
