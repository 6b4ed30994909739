/** What flows back through one convolution or pooling, and the same by finite differences. */
import type { PageEngine } from "../engine/engine";
import type { Kernel, Maps } from "../engine/types";
import { matrices } from "./kernels";
import {
  type GradientSettings,
  type GradientShapes,
  convolutionOptions,
  inputMatrix,
  poolOptions,
  toKernel,
  toMaps,
} from "./gradient_state";

export interface BackwardResult {
  task: "backward";
  input: Maps;
  kernel: Kernel | null;
  output: Maps;
  /** Where a maximum's winners stand in the input. */
  index: Int32Array | null;
  /** The loss's gradient with respect to the output. */
  upstream: Maps;
  gradients: { input: Maps; weight: Maps | null; bias: number | null };
  /** The same slopes by nudging each number up and down. */
  numeric: { input: Float64Array; weight: Float64Array | null; bias: number | null };
}

// A loss that is linear or quadratic in each number has no error of its own at any step, so that a
// wide one only lessens rounding; a maximum needs one narrower than the lead of the winners.
const SMOOTH_STEP = 0.25;
const MAXIMUM_STEP = 1 / 64;

export function nudge({ operation }: Pick<GradientSettings, "operation">): number {
  return operation === "max" ? MAXIMUM_STEP : SMOOTH_STEP;
}

export function runBackward(engine: PageEngine, settings: GradientSettings, sizes: GradientShapes): BackwardResult {
  const input = toMaps(inputMatrix(settings));
  const [weights = []] = matrices(settings.kernel);
  const convolved = settings.operation === "convolution";
  const kernel = convolved ? toKernel(Float32Array.from(weights.flat()), sizes.window) : null;
  const run = forward(engine, settings);
  const output = run(input, kernel, settings.bias);
  const upstream = upstreamOf(settings, output);
  const index = settings.operation === "max" ? engine.maxPool2d(input, poolOptions(settings)).index : null;
  const options = convolutionOptions(settings);
  const pool = poolOptions(settings);
  const back = kernel
    ? engine.conv2dInput(input, kernel, upstream, options)
    : index
      ? engine.extremePool2dGradient(input, upstream, pool, true)
      : engine.avgPool2dGradient(input, upstream, pool);
  const weight = kernel && engine.conv2dWeight(input, kernel, upstream, options);
  const loss = lossOf(settings, upstream);
  const step = nudge(settings);
  return {
    task: "backward",
    input,
    kernel,
    output,
    index,
    upstream,
    gradients: {
      input: back,
      weight: weight && { data: weight.data, channels: 1, height: weight.height, width: weight.width },
      bias: kernel && upstream.data.reduce((sum, value) => Math.fround(sum + value), 0),
    },
    numeric: {
      input: slopes(input.data, step, (data) => loss(run({ ...input, data }, kernel, settings.bias))),
      weight: kernel && slopes(kernel.data, step, (data) => loss(run(input, { ...kernel, data }, settings.bias))),
      bias:
        kernel &&
        (slopes(Float32Array.of(settings.bias), step, ([bias = 0]) => loss(run(input, kernel, bias)))[0] as number),
    },
  };
}

function forward(engine: PageEngine, settings: GradientSettings) {
  const options = convolutionOptions(settings);
  const pool = poolOptions(settings);
  return (input: Maps, kernel: Kernel | null, bias: number): Maps => {
    if (kernel) return engine.conv2d(input, kernel, { ...options, bias: Float32Array.of(bias) });
    return settings.operation === "max" ? engine.maxPool2d(input, pool).maps : engine.avgPool2d(input, pool);
  };
}

function upstreamOf({ upstream }: GradientSettings, output: Maps): Maps {
  if (typeof upstream !== "string") return toMaps(upstream);
  const middle = Math.floor((output.height - 1) / 2) * output.width + Math.floor((output.width - 1) / 2);
  const slope = { ones: () => 1, cell: (_: number, i: number) => Number(i === middle), squares: (y: number) => 2 * y };
  return { ...output, data: output.data.map(slope[upstream]) };
}

/** The loss of an output, summed in double precision. */
function lossOf({ upstream }: GradientSettings, given: Maps): (output: Maps) => number {
  const share = upstream === "squares" ? (y: number) => y * y : (y: number, i: number) => y * (given.data[i] as number);
  return ({ data }) => {
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += share(data[i] as number, i);
    return sum;
  };
}

/** The slope of a loss along each number, by what float32 really makes of the two nudges. */
function slopes(data: Float32Array, step: number, loss: (data: Float32Array) => number): Float64Array {
  const tried = Float32Array.from(data);
  return Float64Array.from(data, (value, i) => {
    tried[i] = value + step;
    const [high, above] = [tried[i] as number, loss(tried)];
    tried[i] = value - step;
    const [low, below] = [tried[i] as number, loss(tried)];
    tried[i] = value;
    return (above - below) / (high - low);
  });
}
