/** The path by Fourier transforms: the same results as the textbook's loops, where it is cheaper. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { multiplyAdds } from "../../src/engine/cost";
import { createEngine } from "../../src/engine/engine";
import { outputSize } from "../../src/engine/geometry";
import { compileKernels, loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import { runSliced } from "../../src/engine/sliced";
import type { Conv2dOptions, Kernel, Maps, PipelineRequest } from "../../src/engine/types";

let seed = 5;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

const maps = (channels: number, height: number, width = height): Maps => {
  return { data: noise(channels * height * width), channels, height, width };
};
const filters = (count: number, channels: number, height: number, width = height): Kernel => {
  return { data: noise(count * channels * height * width), filters: count, channels, height, width };
};

const plain: Conv2dOptions = {
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  paddingMode: "zeros",
  transformsFrom: 1e7,
};

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

/** The greatest difference, in float32's roundings of what the sum of so many random terms measures. */
function worst(actual: Float32Array, expected: ArrayLike<number>, x: Maps, w: Kernel): number {
  assert.equal(actual.length, expected.length);
  const size = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const unit = 2 ** -24 * size(x.data) * size(w.data) * Math.sqrt(w.channels * w.height * w.width);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0) / unit;
}

const cases: [name: string, x: Maps, w: Kernel, options: Partial<Conv2dOptions>][] = [
  ["63 × 63", maps(1, 150), filters(1, 1, 63), { pad: [31, 31, 31, 31] }],
  ["one tile", maps(1, 100), filters(1, 1, 101), { pad: [50, 50, 50, 50] }],
  ["wide", maps(1, 100, 600), filters(1, 1, 5, 63), { pad: [2, 2, 31, 31] }],
  ["tall", maps(1, 600, 100), filters(1, 1, 63, 5), { pad: [31, 31, 2, 2] }],
  ["no padding", maps(1, 157, 149), filters(1, 1, 32, 31), {}],
  ["unequal padding", maps(1, 120, 131), filters(1, 1, 29, 37), { pad: [28, 0, 3, 40] }],
  ["more padding than picture", maps(1, 20, 30), filters(1, 1, 41), { pad: [60, 60, 60, 60] }],
  ["bias, filters", maps(1, 90), filters(5, 1, 21), { bias: noise(5) }],
  ["channels", maps(3, 80), filters(4, 3, 15), { pad: [7, 7, 7, 7] }],
  ["small, of many channels", maps(16, 64), filters(16, 16, 7), { pad: [3, 3, 3, 3] }],
  ["groups", maps(6, 80), filters(4, 3, 21), { groups: 2 }],
  ["each channel", maps(3, 100), filters(3, 1, 27), { groups: 3, pad: [13, 13, 13, 13] }],
  ["stride", maps(1, 200), filters(1, 1, 45), { stride: [2, 1] }],
  ["strides", maps(2, 150, 170), filters(3, 2, 41), { stride: [1, 3], pad: [20, 20, 20, 20] }],
  ["dilation", maps(1, 160), filters(2, 1, 31), { dilation: [2, 3], pad: [30, 30, 45, 45] }],
  ["all", maps(4, 120), filters(6, 2, 33, 37), { stride: [2, 1], dilation: [1, 2], groups: 2, pad: [16, 9, 36, 30] }],
];

for (const [name, x, w, change] of cases) {
  test(`transforms agree with the textbook's loops: ${name}`, async () => {
    const engine = await loadEngine();
    const options = { ...plain, ...change };
    assert.equal(engine.explain(x, w, options).path, "fft");
    const error = worst(engine.conv2d(x, w, options).data, literal(x, w, options), x, w);
    assert.ok(error < 32, `${error} roundings`);
  });
}

test("random convolutions agree with the textbook's loops", async () => {
  const engine = await loadEngine();
  for (let taken = 0; taken < 20; ) {
    const groups = whole(1, 2);
    const x = maps(groups * whole(1, 2), whole(60, 120), whole(60, 120));
    const w = filters(groups * whole(1, 2), x.channels / groups, whole(9, 63), whole(9, 63));
    const options: Conv2dOptions = {
      ...plain,
      groups,
      pad: [whole(0, 40), whole(0, 40), whole(0, 40), whole(0, 40)],
      stride: [whole(1, 2), whole(1, 2)],
      dilation: [whole(1, 2), 1],
      bias: noise(w.filters),
    };
    const [top, bottom, left, right] = options.pad;
    const fits = x.height + top + bottom > options.dilation[0] * (w.height - 1) && x.width + left + right >= w.width;
    if (!fits || engine.explain(x, w, options).path !== "fft") continue;
    taken += 1;
    const error = worst(engine.conv2d(x, w, options).data, literal(x, w, options), x, w);
    assert.ok(error < 32, `${error} roundings: ${JSON.stringify([{ ...x, data: 0 }, { ...w, data: 0 }, options])}`);
  }
});

test("every padding mode has the values of the picture padded before", async () => {
  const engine = await loadEngine();
  const [x, w] = [maps(1, 120, 130), filters(1, 1, 31)];
  for (const paddingMode of ["reflect", "replicate", "circular"] as const) {
    const options = { ...plain, pad: [15, 15, 20, 10] as const, paddingMode };
    assert.equal(engine.explain(x, w, options).path, "fft");
    assert.deepEqual(engine.conv2d(x, w, options), engine.conv2d(engine.pad2d(x, options.pad, paddingMode), w, plain));
  }
});

test("NaN, infinity and what would overflow are left to the tiles", async () => {
  const engine = await loadEngine();
  const options = { ...plain, pad: [15, 15, 15, 15] as const };
  const [x, w] = [maps(1, 128), filters(1, 1, 31)];
  assert.equal(engine.explain(x, w, options).path, "fft");
  for (const bad of [NaN, Infinity, -Infinity, 3e38]) {
    const picture = { ...x, data: x.data.slice() };
    picture.data[0] = bad;
    assert.equal(engine.explain(picture, w, options).path, "tiles");
    const { data } = engine.conv2d(picture, w, options);
    // Sixteen rows and columns see that cell.
    assert.equal(data.filter((value) => !Number.isFinite(value)).length, bad === 3e38 ? 0 : 256);
    const kernel = { ...w, data: w.data.slice() };
    kernel.data[0] = bad;
    assert.equal(engine.explain(x, kernel, options).path, "tiles");
  }
});

test("the choice: tiles for small kernels, transforms for large ones whose spectra fit", async () => {
  const engine = await createEngine(await compileKernels());
  const explain = (size: number, kernel: number) => {
    const half = kernel >> 1;
    return engine.explain(maps(1, size), filters(1, 1, kernel), { ...plain, pad: [half, half, half, half] });
  };
  assert.deepEqual(explain(512, 3), { path: "tiles", multiplyAdds: 512 * 512 * 9 });
  assert.equal(explain(512, 7).path, "tiles");
  assert.equal(explain(512, 9).path, "tiles");
  assert.equal(explain(64, 31).path, "tiles");
  for (const [size, kernel] of [[512, 11], [256, 15], [128, 31], [512, 63]] as const) {
    const { path, multiplyAdds } = explain(size, kernel);
    assert.equal(path, "fft");
    assert.ok(multiplyAdds < size * size * kernel * kernel);
  }
  assert.ok(explain(512, 63).multiplyAdds < 512 * 512 * 15 * 15);
  // Spectra of 128 × 128 filters do not fit.
  assert.equal(engine.explain(maps(128, 64), filters(128, 128, 9), plain).path, "tiles");
  const bytes = engine.memoryBytes;
  engine.conv2d(maps(1, 300), filters(40, 1, 63), plain);
  assert.ok(engine.memoryBytes - bytes < 60 * 2 ** 20);
});

test("what the tiles do within a frame has whole numbers exactly right", async () => {
  const engine = await loadEngine();
  const { transformsFrom: _, ...usual } = plain;
  const options = { ...usual, groups: 3, pad: [7, 7, 7, 7] as const };
  assert.equal(engine.explain(maps(3, 512), filters(3, 1, 15), options).path, "tiles");
  assert.equal(engine.explain(maps(1, 512), filters(1, 1, 31), usual).path, "fft");
});

test("near the end of the memory the spectra take what is left of it", async () => {
  const engine = await createEngine(await compileKernels());
  const x = maps(1, 1270);
  const explain = (kernel: number) => {
    const half = kernel >> 1;
    const options = { ...plain, pad: [half, half, half, half] as const };
    return { ...engine.explain(x, filters(40, 1, kernel), options), options };
  };
  assert.equal(explain(63).path, "tiles");
  const { path, options } = explain(15);
  assert.equal(path, "fft");
  assert.equal(engine.conv2d(x, filters(40, 1, 15), options).height, 1270);
  assert.ok(engine.memoryBytes <= 256 * 2 ** 20);
});

const large: PipelineRequest = {
  kind: "convolution",
  image: maps(3, 300),
  channels: "each",
  kernel: filters(1, 1, 31),
  stride: 1,
  pad: [15, 15, 15, 15],
  paddingMode: "zeros",
  dilation: 1,
  flip: false,
  bias: 1,
  activation: "relu",
  pooling: "none",
  poolSize: 2,
  poolStride: 2,
};

test("in parts the result is the same, and progress rises", async () => {
  const engine = await loadEngine();
  const seen: number[] = [];
  const sliced = await runSliced(await compileKernels(), large, (fraction) => seen.push(fraction), () => false);
  assert.deepEqual(sliced, run(engine, large));
  assert.ok(seen.length > 3);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.ok(seen.every((fraction) => fraction > 0 && fraction < 1));
});

test("the cost of a job is that of its path", async () => {
  const engine = await loadEngine();
  const cost = multiplyAdds(large);
  assert.ok(cost < (3 * 300 * 300 * 31 * 31) / 5);
  const kernel = { ...large.kernel, data: new Float32Array(3 * 31 * 31), filters: 3 };
  assert.equal(cost, engine.explain(large.image, kernel, { ...plain, groups: 3, pad: large.pad }).multiplyAdds);
  const bad = { ...large.kernel, data: large.kernel.data.slice() };
  bad.data[5] = NaN;
  assert.equal(multiplyAdds({ ...large, kernel: bad }), 3 * 300 * 300 * 31 * 31);
});
