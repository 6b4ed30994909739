import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../src/engine/checks";
import { createEngine } from "../../src/engine/engine";
import { outputSize } from "../../src/engine/geometry";
import { compileKernels, loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import { Cancelled, runSliced } from "../../src/engine/sliced";
import type { Conv2dOptions, Kernel, Maps, PipelineRequest, PoolRequest } from "../../src/engine/types";

let seed = 11;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const values = (count: number) => Float32Array.from({ length: count }, () => whole(-9, 9));

function maps(channels: number, height: number, width: number): Maps {
  return { data: values(channels * height * width), channels, height, width };
}

/** The textbook's loops, in whole numbers that float32 holds exactly. */
function literal(x: Maps, w: Kernel, { stride, pad, dilation, groups, bias }: Conv2dOptions): number[] {
  const height = outputSize(x.height, w.height, stride[0], [pad[0], pad[1]], dilation[0]);
  const width = outputSize(x.width, w.width, stride[1], [pad[2], pad[3]], dilation[1]);
  const y: number[] = [];
  for (let o = 0; o < w.filters; o++) {
    const first = Math.floor(o / (w.filters / groups)) * w.channels;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        let sum = bias?.[o] ?? 0;
        for (let c = 0; c < w.channels; c++) {
          for (let u = 0; u < w.height; u++) {
            for (let v = 0; v < w.width; v++) {
              const r = i * stride[0] - pad[0] + u * dilation[0];
              const s = j * stride[1] - pad[2] + v * dilation[1];
              if (r < 0 || s < 0 || r >= x.height || s >= x.width) continue;
              const weight = w.data[((o * w.channels + c) * w.height + u) * w.width + v] as number;
              sum += weight * (x.data[((first + c) * x.height + r) * x.width + s] as number);
            }
          }
        }
        y.push(sum);
      }
    }
  }
  return y;
}

const plain: Conv2dOptions = { stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], groups: 1, paddingMode: "zeros" };

test("500 random convolutions agree with the textbook's loops to the last bit", async () => {
  const engine = await loadEngine();
  let compared = 0;
  while (compared < 500) {
    const groups = whole(1, 3);
    const channels = whole(1, 2);
    const filters = groups * whole(1, 2);
    const x = maps(groups * channels, whole(1, 24), whole(1, 40));
    const [height, width] = [whole(1, 5), whole(1, 5)];
    const w = { data: values(filters * channels * height * width), filters, channels, height, width };
    const unit = random() < 0.5;
    const options: Conv2dOptions = {
      stride: unit ? [1, 1] : [whole(1, 3), whole(1, 3)],
      pad: [whole(0, 4), whole(0, 4), whole(0, 4), whole(0, 4)],
      dilation: [whole(1, 2), whole(1, 2)],
      groups,
      paddingMode: "zeros",
      bias: values(filters),
    };
    const fits = x.height + options.pad[0] + options.pad[1] > options.dilation[0] * (height - 1);
    if (!fits || x.width + options.pad[2] + options.pad[3] <= options.dilation[1] * (width - 1)) continue;
    assert.deepEqual([...engine.conv2d(x, w, options).data], literal(x, w, options));
    compared += 1;
  }
});

test("in parts the result is the same, and progress rises", async () => {
  const engine = await createEngine(await compileKernels());
  const x = maps(2, 40, 50);
  const w = { data: values(3 * 2 * 9), filters: 3, channels: 2, height: 3, width: 3 };
  const options = { ...plain, pad: [1, 1, 1, 1] as const };
  const steps = engine.conv2dInParts(x, w, options, 3000);
  const progress: number[] = [];
  let step = steps.next();
  while (!step.done) {
    progress.push(step.value);
    step = steps.next();
  }
  assert.ok(progress.length > 5);
  assert.deepEqual(progress, [...progress].sort((a, b) => a - b));
  assert.deepEqual(step.value.data, engine.conv2d(x, w, options).data);
});

test("padding modes take their values where PyTorch takes them", async () => {
  const engine = await loadEngine();
  const x = { data: Float32Array.of(1, 2, 3), channels: 1, height: 1, width: 3 };
  const row = (mode: "zeros" | "reflect" | "replicate" | "circular") => [...engine.pad2d(x, [0, 0, 2, 2], mode).data];
  assert.deepEqual(row("zeros"), [0, 0, 1, 2, 3, 0, 0]);
  assert.deepEqual(row("reflect"), [3, 2, 1, 2, 3, 2, 1]);
  assert.deepEqual(row("replicate"), [1, 1, 1, 2, 3, 3, 3]);
  assert.deepEqual(row("circular"), [2, 3, 1, 2, 3, 1, 2]);
});

test("NaN and infinity come out as IEEE 754 says", async () => {
  const engine = await loadEngine();
  const x = { data: Float32Array.of(1, NaN, 1, Infinity, 1), channels: 1, height: 1, width: 5 };
  const w = { data: Float32Array.of(1, 1), filters: 1, channels: 1, height: 1, width: 2 };
  assert.deepEqual([...engine.conv2d(x, w, plain).data], [NaN, NaN, Infinity, Infinity]);
  const infinite = { ...w, data: Float32Array.of(Infinity, 1) };
  const padded = engine.conv2d({ ...x, data: Float32Array.of(1, 2, 3, 4, 5) }, infinite, { ...plain, pad: [0, 0, 1, 0] });
  assert.equal(Number.isNaN(padded.data[0]), true);
  const pool = { size: [1, 2], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], ceilMode: false } as const;
  assert.deepEqual([...engine.maxPool2d(x, pool).maps.data], [NaN, NaN, Infinity, Infinity]);
  assert.deepEqual([...engine.activate(x, "relu").data], [1, NaN, 1, Infinity, 1]);
  const below = { ...x, data: Float32Array.of(-Infinity, -1, 300, 5, NaN) };
  assert.deepEqual([...engine.activate(below, "relu").data], [0, 0, 300, 5, NaN]);
  assert.deepEqual([...engine.activate(below, "clip").data], [0, 0, 255, 5, NaN]);
  assert.deepEqual([...engine.activate(below, "abs").data], [Infinity, 1, 300, 5, NaN]);
});

test("pooling: values, winners, means with and without padding", async () => {
  const engine = await loadEngine();
  const x = {
    data: Float32Array.of(12, 20, 30, 0, 8, 12, 2, 0, 34, 70, 37, 4, 112, 100, 25, 12),
    channels: 1,
    height: 4,
    width: 4,
  };
  const pool = { size: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0], dilation: [1, 1], ceilMode: false } as const;
  const max = engine.maxPool2d(x, pool);
  assert.deepEqual([...max.maps.data], [20, 30, 112, 37]);
  assert.deepEqual([...max.index], [1, 2, 12, 10]);
  assert.deepEqual([...engine.minPool2d(x, pool).maps.data], [8, 0, 34, 4]);
  assert.deepEqual([...engine.avgPool2d(x, { ...pool, countPadding: true }).data], [13, 8, 79, 19.5]);
  const padded = { ...pool, pad: [1, 1, 1, 1] } as const;
  assert.equal(engine.avgPool2d(x, { ...padded, countPadding: true }).data[0], 3);
  assert.equal(engine.avgPool2d(x, { ...padded, countPadding: false }).data[0], 12);
});

test("what does not fit is refused with its name, its value and the rule", async () => {
  const engine = await loadEngine();
  const x = maps(1, 5, 5);
  const w = { data: values(9), filters: 1, channels: 1, height: 3, width: 3 };
  const refused: [() => unknown, RegExp][] = [
    [() => engine.conv2d(x, w, { ...plain, stride: [0, 1] }), /stride must be whole from 1 .*got 0, 1/],
    [() => engine.conv2d(x, w, { ...plain, stride: [1.5, 1] }), /stride .*1\.5/],
    [() => engine.conv2d(x, w, { ...plain, dilation: [NaN, 1] }), /dilation .*NaN/],
    [() => engine.conv2d(x, w, { ...plain, pad: [-1, 0, 0, 0] }), /pad .*-1/],
    [() => engine.conv2d(x, w, { ...plain, dilation: [3, 3] }), /kernel must fit/],
    [() => engine.conv2d(x, w, { ...plain, groups: 2 }), /groups must divide/],
    [() => engine.conv2d({ ...x, width: 6 }, w, plain), /x\.data must hold 1 × 5 × 6/],
    [() => engine.conv2d({ ...x, width: 2 ** 30 }, w, plain), /x\.channels, height and width/],
    [() => engine.conv2d(x, { ...w, data: values(8) }, plain), /w\.data/],
    [() => engine.conv2d(x, w, { ...plain, bias: values(2) }), /bias must have one value/],
    [() => engine.conv2d(x, w, { ...plain, paddingMode: "mirror" as "zeros" }), /paddingMode .*mirror/],
    [() => engine.pad2d(x, [5, 0, 0, 0], "reflect"), /reflect/],
    [() => engine.pad2d(x, [6, 0, 0, 0], "circular"), /circular/],
    [() => engine.activate(x, "tanh" as "relu"), /activation .*tanh/],
    [() => engine.maxPool2d(x, { size: [2, 2], stride: [1, 1], pad: [2, 0, 0, 0], dilation: [1, 1], ceilMode: false }), /half/],
    [() => engine.maxPool2d(x, { size: [6, 6], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], ceilMode: false }), /fit/],
  ];
  for (const [call, rule] of refused) {
    assert.throws(call, (error: Error) => error instanceof EngineError && rule.test(error.message), String(rule));
  }
});

test("memory is reused over a thousand calls, and bounded", async () => {
  const engine = await createEngine(await compileKernels());
  const x = maps(1, 128, 128);
  const w = { data: values(49), filters: 1, channels: 1, height: 7, width: 7 };
  engine.conv2d(x, w, plain);
  const bytes = engine.memoryBytes;
  for (let i = 0; i < 1000; i++) engine.conv2d(x, { ...w, height: 1, width: 49 }, { ...plain, pad: [0, 0, 24, 24] });
  assert.ok(engine.memoryBytes <= bytes + 2 ** 17);
  const huge = { data: new Float32Array(8192 * 8192), channels: 1, height: 8192, width: 8192 };
  assert.throws(() => engine.conv2d(huge, w, plain), /256 MB/);
  assert.deepEqual(engine.conv2d(x, w, plain).height, 122);
});

const job: PipelineRequest = {
  kind: "convolution",
  image: maps(3, 60, 70),
  channels: "sum",
  kernel: { data: values(49), filters: 1, channels: 1, height: 7, width: 7 },
  stride: 1,
  pad: [3, 3, 3, 3],
  paddingMode: "zeros",
  dilation: 1,
  flip: true,
  bias: 3,
  activation: "relu",
  pooling: "max",
  poolSize: 2,
  poolStride: 2,
};

test("a job in slices gives what it gives at once; a cancelled one says so", async () => {
  const engine = await loadEngine();
  const large = { ...job, image: maps(3, 300, 300) };
  const seen: number[] = [];
  const sliced = await runSliced(await compileKernels(), large, (fraction) => seen.push(fraction), () => false);
  assert.ok(seen.length > 1);
  assert.deepEqual(sliced, run(engine, large));
  await assert.rejects(runSliced(await compileKernels(), large, () => undefined, () => true), Cancelled);
});

test("jobs in slices side by side do not meet in one memory", async () => {
  const engine = await loadEngine();
  const module = await compileKernels();
  const jobs = [1, 2, 3].map(() => ({ ...job, image: maps(3, 300, 300) }));
  const run3 = jobs.map((each) => runSliced(module, each, () => undefined, () => false));
  for (const [i, sliced] of (await Promise.all(run3)).entries()) {
    assert.deepEqual(sliced, run(engine, jobs[i] as PipelineRequest));
  }
});

test("a job that does not fit is refused with its name, its value and the rule", async () => {
  const engine = await loadEngine();
  const one = maps(1, 9, 9);
  const refused: [Partial<PipelineRequest>, RegExp][] = [
    [{ image: { ...job.image, channels: 2 } }, /image\.data must hold 2 × 60 × 70/],
    [{ image: maps(2, 9, 9) }, /image\.channels must be 1 or 3, got 2/],
    [{ image: { ...one, height: 0 } }, /image\..*got 1, 0, 9/],
    [{ channels: "alpha" as "red" }, /channels must be one of .*got alpha/],
    [{ kernel: { ...job.kernel, data: values(48) } }, /kernel\.data must hold 1 × 1 × 7 × 7/],
    [{ kernel: { ...job.kernel, height: -7 } }, /kernel\..*-7/],
    [{ image: one, kernel: { ...job.kernel, data: values(147), channels: 3 } }, /kernel must be one matrix.*\(1\)/],
    [{ stride: 0 }, /stride must be whole from 1/],
    [{ stride: NaN }, /stride .*NaN/],
    [{ dilation: 11 }, /kernel must fit the padded image.*dilation 11/],
    [{ pad: [3, 3] as unknown as PipelineRequest["pad"] }, /pad must be four numbers/],
    [{ bias: NaN }, /bias must be a finite number, got NaN/],
    [{ activation: "tanh" as "relu" }, /activation must be one of .*got tanh/],
    [{ pooling: "mean" as "average" }, /pooling must be one of .*got mean/],
    [{ poolSize: 61 }, /size must fit .*61 × 61 on 60 × 70/],
    [{ poolStride: 0 }, /stride must be whole from 1/],
  ];
  for (const [change, rule] of refused) {
    const call = () => run(engine, { ...job, ...change });
    assert.throws(call, (error: Error) => error instanceof EngineError && rule.test(error.message), String(rule));
  }
});

test("the channels' own sums add up to the feature map, and the pooled values are its own", async () => {
  const engine = await loadEngine();
  const { partial, feature, activated, output, poolIndex } = run(engine, job);
  assert.ok(partial && poolIndex);
  const size = feature.height * feature.width;
  for (let i = 0; i < size; i++) {
    const parts: number[] = [0, 1, 2].map((channel) => partial.data[channel * size + i] as number);
    assert.equal(feature.data[i], (parts[0] as number) + (parts[1] as number) + (parts[2] as number) + 3);
  }
  for (const [i, at] of poolIndex.entries()) assert.equal(output.data[i], activated.data[at]);
});

test("grey weighs the channels, a channel is itself, and each convolves all three", async () => {
  const engine = await loadEngine();
  const one = { data: Float32Array.of(1), filters: 1, channels: 1, height: 1, width: 1 };
  const image = { data: Float32Array.of(100, 10, 1), channels: 3, height: 1, width: 1 };
  const at = (channels: PipelineRequest["channels"]) =>
    run(engine, { ...job, image, channels, kernel: one, pad: [0, 0, 0, 0], bias: 0, activation: "none", pooling: "none" });
  assert.ok(Math.abs((at("grey").feature.data[0] as number) - (21.25 + 7.154 + 0.0721)) < 1e-4);
  assert.deepEqual([...at("green").feature.data], [10]);
  assert.deepEqual([...at("sum").feature.data], [111]);
  assert.deepEqual([...at("each").feature.data], [100, 10, 1]);
});

test("a shift moves the picture round its edges", async () => {
  const engine = await loadEngine();
  const shifted: PoolRequest = {
    kind: "pooling",
    image: { data: Float32Array.of(1, 2, 3, 4, 5, 6), channels: 1, height: 2, width: 3 },
    channels: "grey",
    shift: [1, -1],
    op: "max",
    size: [1, 1],
    stride: [1, 1],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
    ceilMode: false,
  };
  assert.deepEqual([...run(engine, shifted).output.data], [5, 6, 4, 2, 3, 1]);
});
