/** What Python's engine answers, as the page's own engine would have it. */
import type { Maps } from "../engine/types";
import type { BackwardResult } from "./backward";
import { type LearnResult, learnt } from "./descent";
import { type Frame, frameMap } from "./explorer";
import { type GradientSettings, type GradientShapes, inputMatrix, operationOf, toKernel, toMaps } from "./gradient_state";
import { matrices } from "./kernels";

export type AnyResult = BackwardResult | LearnResult;

export function fromFrame(frame: Frame, settings: GradientSettings, sizes: GradientShapes): AnyResult {
  const map = (name: string) => frameMap(frame, name) as Maps;
  const some = (name: string) => frameMap(frame, name);
  if (settings.task === "learn") {
    const curvatures = [...(frame["curvatures"]?.data ?? [])];
    return {
      task: "learn",
      input: learnt(settings),
      target: map("target_output"),
      output: map("output"),
      upstream: map("upstream"),
      learned: map("learned"),
      gradient: map("grad_weight"),
      losses: Float64Array.from(frame["losses"]?.data ?? []),
      leastSquares: map("least_squares"),
      largestRate: 2 / (curvatures.at(-1) ?? 0),
      condition: (curvatures.at(-1) ?? 0) / (curvatures[0] ?? 0),
    };
  }
  const [weights = []] = matrices(settings.kernel);
  const convolved = operationOf(settings) === "convolution";
  return {
    task: "backward",
    input: toMaps(inputMatrix(settings)),
    kernel: convolved ? toKernel(Float32Array.from(weights.flat()), sizes.window) : null,
    output: map("output"),
    index: frame["index"] ? Int32Array.from(frame["index"].data) : null,
    upstream: map("upstream"),
    gradients: { input: map("grad_input"), weight: some("grad_weight"), bias: frame["grad_bias"]?.data[0] ?? null },
    numeric: {
      input: Float64Array.from(frame["numeric_input"]?.data ?? []),
      weight: frame["numeric_weight"] ? Float64Array.from(frame["numeric_weight"].data) : null,
      bias: frame["numeric_bias"]?.data[0] ?? null,
    },
  };
}
