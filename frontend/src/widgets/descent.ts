/** Learning a kernel from what it made: gradient descent, and the answer in closed form. */
import { randomStart } from "../engine/dice";
import type { PageEngine } from "../engine/engine";
import { windowOf } from "../engine/geometry";
import { leastSquares } from "../engine/leastSquares";
import type { Conv2dOptions, Kernel, Maps } from "../engine/types";
import {
  type GradientSettings,
  type GradientShapes,
  convolutionOptions,
  inputMatrix,
  toKernel,
  toMaps,
} from "./gradient_state";
import { matrices } from "./kernels";

export interface LearnResult {
  task: "learn";
  /** What is learnt from, standardised where that is wished. */
  input: Maps;
  /** What the hidden kernel makes of it. */
  target: Maps;
  output: Maps;
  /** The gradient of the mean squared error with respect to the output. */
  upstream: Maps;
  learned: Maps;
  gradient: Maps;
  /** The loss before the first step and after each. */
  losses: Float64Array;
  leastSquares: Maps;
  /** The rate beyond which the steps grow: two over the loss's greatest curvature. */
  largestRate: number;
  /** The greatest curvature over the least. */
  condition: number;
}

interface Standing {
  kernel: Float32Array;
  slope: Float32Array;
  output: Maps;
  upstream: Maps;
  loss: number;
}

/** One way down, walked as far as anybody asked to see. */
interface Run {
  key: string;
  input: Maps;
  target: Maps;
  solution: Pick<LearnResult, "leastSquares" | "largestRate" | "condition">;
  standings: Standing[];
}

/** The latest ways: of what is shown, of what was kept, and the ones before. */
const runs: Run[] = [];
const REMEMBERED = 4;

export function runDescent(engine: PageEngine, settings: GradientSettings, sizes: GradientShapes): LearnResult {
  const options = convolutionOptions(settings);
  const run = runOf(engine, settings, sizes, options);
  const rate = Math.fround(settings.rate);
  while (run.standings.length <= settings.step) {
    const { kernel, slope } = run.standings.at(-1) as Standing;
    const next = kernel.map((weight, i) => weight - Math.fround(rate * (slope[i] as number)));
    run.standings.push(stand(engine, toKernel(next, sizes.window), run, options));
  }
  const now = run.standings[settings.step] as Standing;
  const shape = { channels: 1, height: sizes.window[0], width: sizes.window[1] };
  return {
    task: "learn",
    input: run.input,
    target: run.target,
    output: now.output,
    upstream: now.upstream,
    learned: { data: now.kernel, ...shape },
    gradient: { data: now.slope, ...shape },
    losses: Float64Array.from(run.standings.slice(0, settings.step + 1), ({ loss }) => loss),
    ...run.solution,
  };
}

function runOf(engine: PageEngine, settings: GradientSettings, sizes: GradientShapes, options: Conv2dOptions): Run {
  const { image, seed, target: hidden, start, standardise, rate, stride, padding, dilation } = settings;
  const key = JSON.stringify([image, seed, hidden, start, standardise, rate, stride, padding, dilation]);
  const known = runs.findIndex((run) => run.key === key);
  const found = known >= 0 ? (runs.splice(known, 1)[0] as Run) : begin(key);
  runs.unshift(found);
  runs.length = Math.min(runs.length, REMEMBERED);
  return found;

  function begin(name: string): Run {
    const input = learnt(settings);
    const [weights = []] = matrices(hidden);
    const target = engine.conv2d(input, toKernel(Float32Array.from(weights.flat()), sizes.window), options);
    const count = sizes.window[0] * sizes.window[1];
    const first = start === "random" ? Float32Array.from(randomStart(count, seed)) : new Float32Array(count);
    const run: Run = { key: name, input, target, solution: solve(input, target, settings, sizes), standings: [] };
    run.standings.push(stand(engine, toKernel(first, sizes.window), run, options));
    return run;
  }
}

function stand(engine: PageEngine, kernel: Kernel, { input, target }: Pick<Run, "input" | "target">, options: Conv2dOptions): Standing {
  const output = engine.conv2d(input, kernel, options);
  const share = Math.fround(2 / target.data.length);
  const errors = output.data.map((value, i) => value - (target.data[i] as number));
  const upstream = { ...output, data: errors.map((error) => error * share) };
  const slope = engine.conv2dWeight(input, kernel, upstream, options).data;
  const loss = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
  return { kernel: kernel.data, slope, output, upstream, loss };
}

/** What is learnt from. */
export function learnt(settings: GradientSettings): Maps {
  const pixels = toMaps(inputMatrix(settings));
  return settings.standardise ? standardised(pixels) : pixels;
}

/** With mean 0 and standard deviation 1; an even picture with zeros. */
function standardised(pixels: Maps): Maps {
  const { data } = pixels;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const spread = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  return { ...pixels, data: data.map((value) => (value - mean) / (spread > 0 ? spread : 1)) };
}

/** The kernel that least squares finds at once, and how steep the loss is about it. */
function solve(input: Maps, target: Maps, settings: GradientSettings, sizes: GradientShapes): Run["solution"] {
  const { stride, padding, dilation } = settings;
  const axis = (count: number, side: number) =>
    Array.from({ length: count }, (_, i) => windowOf(i, side, stride, padding, dilation));
  const down = axis(sizes.output[0], sizes.window[0]);
  const across = axis(sizes.output[1], sizes.window[1]);
  const value = (row: number, column: number) => {
    const inside = row >= 0 && column >= 0 && row < input.height && column < input.width;
    return inside ? (input.data[row * input.width + column] as number) : 0;
  };
  const windows = down.flatMap((rows) =>
    across.map((columns) => rows.flatMap((row) => columns.map((column) => value(row, column)))),
  );
  const { solution, eigenvalues } = leastSquares(windows, target.data);
  const curvatures = eigenvalues.map((each) => (2 * each) / target.data.length);
  const [least = 0, greatest = 0] = [curvatures[0], curvatures.at(-1)];
  return {
    leastSquares: {
      data: Float32Array.from(solution),
      channels: 1,
      height: sizes.window[0],
      width: sizes.window[1],
    },
    largestRate: 2 / greatest,
    condition: greatest / least,
  };
}
