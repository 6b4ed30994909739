/** The gradient explorer's settings, the sizes that follow from them, and what they stand for. */
import { throws } from "../engine/dice";
import { effectiveKernel, outputSize } from "../engine/geometry";
import type { Conv2dOptions, Kernel, Maps, PoolOptions } from "../engine/types";
import catalogue from "../generated/catalogue.json";
import { t } from "../words";
import type { ExplorerState } from "./explorer";
import { type KernelState, type Matrix, matrices } from "./kernels";
import { VIEW_DEFAULTS, type ViewSettings } from "./view_state";

export type Task = "backward" | "learn";
export type Operation = "convolution" | "max" | "average";
export type Which = "weight" | "input" | "bias";
export type Loss = "ones" | "cell" | "squares";

export interface GradientSettings {
  task: Task;
  operation: Operation;
  /** A small picture by name, "dice", or its numbers. */
  image: string | number[][];
  seed: number;
  kernel: KernelState;
  bias: number;
  pool_size: number;
  /** The loss by name, or its gradient with respect to the output. */
  upstream: Loss | number[][];
  stride: number;
  padding: number;
  dilation: number;
  target: KernelState;
  start: "zeros" | "random";
  standardise: boolean;
  rate: number;
  step: number;
}

/** How gradients are shown, beside what every widget has. */
export interface GradientView extends ViewSettings {
  gradient: Which;
  position: [number, number] | null;
  /** How many steps are played. */
  steps: number;
  revealed: boolean;
  limit: boolean;
}

export type GradientState = ExplorerState<GradientSettings, GradientView>;

export const GRADIENT_SETTINGS = [
  "task", "operation", "image", "seed", "kernel", "bias", "pool_size", "upstream",
  "stride", "padding", "dilation", "target", "start", "standardise", "rate", "step",
] as const satisfies readonly (keyof GradientSettings)[];

export const GRADIENT_DEFAULTS: GradientState = {
  task: "backward",
  operation: "convolution",
  image: "five_by_five",
  seed: 1,
  kernel: "emboss",
  bias: 0,
  pool_size: 2,
  upstream: "ones",
  stride: 1,
  padding: 0,
  dilation: 1,
  target: "emboss",
  start: "zeros",
  standardise: true,
  rate: 0.1,
  step: 0,
  ...VIEW_DEFAULTS,
  kept: null,
  speed: 3,
  gradient: "weight",
  position: null,
  steps: 60,
  revealed: false,
  limit: false,
};

export const MOST_STEPS = 1000;
export const LARGEST_KERNEL = 7;
export const LARGEST_INPUT = 16;
const DICE = 12;

interface Entry {
  name: string;
  title: string;
  shape: number[];
  data: number[] | string;
}

/** The inputs that have a name. */
export const INPUTS: readonly { name: string; title: string }[] = [
  ...(catalogue.synthetic as Entry[]).filter(({ shape }) => Math.max(...shape) <= LARGEST_INPUT),
  { name: "dice", title: t("gradient.dice") },
];

/** The numbers of an input, row by row. */
export function inputMatrix({ image, seed }: Pick<GradientSettings, "image" | "seed">): Matrix {
  if (typeof image !== "string") return image;
  if (image === "dice") return rowsOf(throws(seed, DICE * DICE, 19).map((face) => face - 9), DICE);
  const entry = (catalogue.synthetic as Entry[]).find(({ name }) => name === image);
  return entry ? rowsOf(entry.data as number[], entry.shape[1] as number) : [[0]];
}

export interface GradientShapes {
  input: [number, number];
  /** Of the kernel, the hidden kernel, or the pooling window. */
  window: [number, number];
  output: [number, number];
}

/** What is run: learning is always of a convolution. */
export function operationOf({ task, operation }: Pick<GradientSettings, "task" | "operation">): Operation {
  return task === "learn" ? "convolution" : operation;
}

/** The kernel at work: in learning the one to be found. */
export function kernelOf({ task, kernel, target }: GradientSettings): KernelState {
  return task === "learn" ? target : kernel;
}

export function gradientShapes(settings: GradientSettings): GradientShapes | string {
  const { stride, padding, dilation, pool_size: size, upstream } = settings;
  const matrix = inputMatrix(settings);
  const input: [number, number] = [matrix.length, matrix[0]?.length ?? 0];
  const pooled = operationOf(settings) !== "convolution";
  for (const kernel of [settings.kernel, settings.target]) {
    const [first = [], ...others] = matrices(kernel);
    if (others.length || Math.max(first.length, first[0]?.length ?? 0) > LARGEST_KERNEL) {
      return t("rule.gradientKernel", { most: LARGEST_KERNEL });
    }
  }
  const [weights = []] = matrices(kernelOf(settings));
  const window: [number, number] = pooled ? [size, size] : [weights.length, weights[0]?.length ?? 0];
  const most = Math.floor(size / 2);
  if (pooled && padding > most) return t("rule.poolPadding", { most, size });
  const output = ([0, 1] as const).map((axis) =>
    outputSize(input[axis], window[axis], stride, [padding, padding], dilation),
  ) as [number, number];
  if (output[0] < 1 || output[1] < 1) {
    return t("rule.kernel", {
      kernel: window.map((side) => effectiveKernel(side, dilation)).join(" × "),
      padded: input.map((side) => side + 2 * padding).join(" × "),
    });
  }
  const fits = typeof upstream === "string" || (upstream.length === output[0] && upstream[0]?.length === output[1]);
  if (settings.task === "backward" && !fits) return t("rule.upstream", { size: output.join(" × ") });
  return { input, window, output };
}

/** A change, with an upstream gradient of one's own cut or filled with zeros to the output's new size. */
export function refitted(change: Partial<GradientSettings>, settings: GradientSettings): Partial<GradientSettings> {
  const next = { ...settings, ...change };
  const sizes = gradientShapes({ ...next, upstream: "ones" });
  if (typeof next.upstream === "string" || typeof sizes === "string") return change;
  const own = next.upstream;
  const [rows, columns] = sizes.output;
  if (own.length === rows && own[0]?.length === columns) return change;
  const upstream = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (__, j) => own[i]?.[j] ?? 0),
  );
  return { ...change, upstream };
}

export function convolutionOptions({ stride, padding, dilation }: GradientSettings): Conv2dOptions {
  const pad = [padding, padding, padding, padding] as const;
  return { stride: [stride, stride], pad, dilation: [dilation, dilation], groups: 1, paddingMode: "zeros" };
}

export function poolOptions(settings: GradientSettings): PoolOptions & { countPadding: boolean } {
  const { stride, pad, dilation } = convolutionOptions(settings);
  const size = [settings.pool_size, settings.pool_size] as const;
  return { size, stride, pad, dilation, ceilMode: false, countPadding: true };
}

export function toMaps(matrix: Matrix): Maps {
  return { data: Float32Array.from(matrix.flat()), channels: 1, height: matrix.length, width: matrix[0]?.length ?? 0 };
}

export function toKernel(data: Float32Array, [height, width]: readonly [number, number]): Kernel {
  return { data, filters: 1, channels: 1, height, width };
}

export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (__, j) => values[i * width + j] as number),
  );
}
