/** The controls of the gradient explorer. */
import { type Control, type Hands, choiceControl, numberControl, rateControl, sliderControl, toggleControl } from "./control_list";
import { type GradientState, LARGEST_KERNEL, MOST_STEPS, inputMatrix, kernelOf, refitted } from "./gradient_state";
import { type Matrix, matrices, resized } from "./kernels";

type S = GradientState;

/** An input that is too small to learn from, and one that is too large to walk over. */
const SMALL = 8;

export function taskControls(hands: Hands<S>): Control<S>[] {
  return [
    choiceControl<S, S["task"]>(hands, {
      key: "task",
      values: ["backward", "learn"],
      change: (task, state) => ({ task, step: 0, position: null, ...inputFor(task, state) }),
    }),
    choiceControl<S, S["operation"]>(hands, {
      key: "operation",
      values: ["convolution", "max", "average"],
      change: (operation, state) => {
        const pooled = operation !== "convolution";
        const padding = pooled ? Math.min(state.padding, Math.floor(state.pool_size / 2)) : state.padding;
        const image = pooled && state.image === "five_by_five" ? { image: "quarters" } : !pooled && state.image === "quarters" ? { image: "five_by_five" } : {};
        const gradient = pooled ? ("input" as const) : state.gradient;
        return refit(state, { operation, padding, gradient, position: null, ...image });
      },
    }),
  ];
}

/** A learner needs more equations than weights; who walks over cells wants few. */
function inputFor(task: S["task"], state: S): Partial<S> {
  const matrix = inputMatrix(state);
  if (task === "learn" && Math.min(matrix.length, matrix[0]?.length ?? 0) < SMALL) return { image: "dice" };
  return task === "backward" && state.image === "dice" ? { image: "five_by_five" } : {};
}

export function gradientControls(hands: Hands<S>): Control<S>[] {
  const slider = (key: "stride" | "padding" | "dilation" | "pool_size", from: number, to: number) =>
    sliderControl<S>(hands, {
      key,
      from,
      to,
      read: (state) => state[key],
      change: (value, state) => refit(state, { [key]: value, ...(key === "pool_size" && { padding: Math.min(state.padding, Math.floor(value / 2)) }) }),
    });
  return [
    sliderControl<S>(hands, {
      key: "kernel_size",
      from: 1,
      to: LARGEST_KERNEL,
      read: (state) => Math.max(...sidesOf(kernelOf(state))),
      change(size, state) {
        const key = state.task === "learn" ? "target" : "kernel";
        const [matrix = [[1]]] = matrices(state[key]);
        return refit(state, { [key]: resized(matrix as Matrix, size, size) });
      },
    }),
    slider("pool_size", 1, 5),
    slider("stride", 1, 4),
    slider("padding", 0, 4),
    slider("dilation", 1, 4),
    numberControl<S>(hands, { key: "bias", min: -1e6, max: 1e6, whole: false, read: ({ bias }) => bias, change: (bias) => ({ bias }) }),
    choiceControl<S, S["start"]>(hands, { key: "start", values: ["zeros", "random"] }),
    numberControl<S>(hands, { key: "seed", min: 0, max: 9999, whole: true, read: ({ seed }) => seed, change: (seed) => ({ seed }) }),
    numberControl<S>(hands, { key: "steps", min: 1, max: MOST_STEPS, whole: true, read: ({ steps }) => steps, change: (steps) => ({ steps }) }),
    toggleControl<S>(hands, "standardise"),
  ];
}

/** Which controls a state has a use for. */
export function usedControls({ task, operation, image, start }: S): Record<string, boolean> {
  const learning = task === "learn";
  const convolved = learning || operation === "convolution";
  return {
    operation: !learning,
    kernel_size: convolved,
    pool_size: !convolved,
    bias: !learning && convolved,
    start: learning,
    steps: learning,
    standardise: learning,
    seed: image === "dice" || (learning && start === "random"),
  };
}

export function learningRate(hands: Hands<S>) {
  return rateControl<S>(hands, { key: "rate", from: 1e-4, to: 10, read: ({ rate }) => rate, change: (rate) => ({ rate }) });
}

function refit(state: S, change: Partial<S>): Partial<S> {
  return refitted(change as Parameters<typeof refitted>[0], state) as Partial<S>;
}

function sidesOf(kernel: S["kernel"]): [number, number] {
  const [matrix = []] = matrices(kernel);
  return [matrix.length, matrix[0]?.length ?? 0];
}
