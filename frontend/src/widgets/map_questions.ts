/** What can be asked of every widget of maps, from the arithmetic that it shows. */
import type { ArithmeticProps, ConvolutionSum, PoolSum, SizeEquation } from "../views/arithmetic";
import { formatNumber } from "../views/format";
import { type PlainKey, t } from "../words";
import type { Question } from "./prediction";

/** A wrong answer and the words that name what may lie behind it. */
interface Mistake {
  value: number;
  key: PlainKey;
}

/** More products than this nobody adds up by hand. */
const LONG = 27;

/** The questions "size" and "value"; `now` gives the arithmetic of the chosen cell, or null. */
export function mapQuestions(now: () => ArithmeticProps | null): Question[] {
  return [sizeQuestion(now), valueQuestion(now)];
}

function sizeQuestion(now: () => ArithmeticProps | null): Question {
  const blanks = [
    { kind: "number" as const, label: t("predict.rows") },
    { kind: "number" as const, label: t("predict.columns") },
  ];
  return {
    key: "size",
    label: t("predict.menuSize"),
    ask: () => (now()?.size ? { text: t("predict.size"), blanks } : null),
    reply(answers) {
      const size = now()?.size as SizeEquation;
      const wrong = ([0, 1] as const).find((axis) => answers[axis] !== size.output[axis]);
      const truth = { rows: size.output[0], columns: size.output[1] };
      if (wrong === undefined) return { right: true, text: t("predict.sizeRight", truth) };
      const mistake = sizeMistakes(size, wrong).find(({ value }) => value === answers[wrong]);
      return { right: false, text: `${t(mistake?.key ?? "predict.sizeWrong")} ${t("predict.sizeTruth", truth)}` };
    },
  };
}

/** The sizes that come of leaving out a part of O = ⌊(I + 2P − D(K − 1) − 1) / S⌋ + 1. */
export function sizeMistakes(size: SizeEquation, axis: 0 | 1): Mistake[] {
  const [input, window, stride, dilation] = [size.input[axis], size.window[axis], size.stride[axis], size.dilation[axis]];
  const [before, after] = [size.pad[2 * axis] as number, size.pad[2 * axis + 1] as number];
  const output = (cells: number, reach: number, step: number) => Math.floor((cells - reach) / step) + 1;
  const [cells, reach] = [input + before + after, dilation * (window - 1) + 1];
  const mistakes: Mistake[] = [
    { value: output(cells, reach, stride) - 1, key: "predict.noPlusOne" },
    { value: output(input, reach, stride), key: "predict.noPadding" },
    { value: output(input + before, reach, stride), key: "predict.halfPadding" },
    { value: output(cells, reach, 1), key: "predict.noStride" },
    { value: output(cells, window, stride), key: "predict.noDilation" },
    { value: (cells - reach) / stride + 1, key: "predict.noFloor" },
    { value: Math.ceil((cells - reach) / stride) + 1, key: "predict.roundedUp" },
    { value: input, key: "predict.inputSize" },
  ];
  return mistakes.filter(({ value }) => value !== size.output[axis]);
}

function valueQuestion(now: () => ArithmeticProps | null): Question {
  return {
    key: "value",
    label: t("predict.menuValue"),
    ask() {
      const sum = now()?.sum;
      if (!sum || countOf(sum) > LONG) return null;
      const [row, column] = placeOf(sum);
      return { text: t("predict.value", { row, column }), blanks: [{ kind: "number", label: t("predict.valueBlank") }] };
    },
    reply([answer]) {
      const sum = now()?.sum as ConvolutionSum | PoolSum;
      const truth = resultOf(sum);
      const near = (value: number) => Math.abs((answer as number) - value) <= tolerance(value);
      const text = formatNumber(truth);
      if (near(truth)) return { right: true, text: t("predict.valueRight", { value: text }) };
      const mistake = valueMistakes(sum).find(({ value }) => near(value) && Math.abs(value - truth) > tolerance(truth));
      return { right: false, text: `${t(mistake?.key ?? "predict.valueWrong")} ${t("predict.valueTruth", { value: text })}` };
    },
  };
}

/** Half a unit of the second decimal, and a rounding of large numbers. */
function tolerance(value: number): number {
  return Math.max(0.005, 1e-4 * Math.abs(value));
}

function countOf(sum: ConvolutionSum | PoolSum): number {
  return sum.kind === "convolution" ? sum.terms.flat().length : sum.values.length;
}

function placeOf(sum: ConvolutionSum | PoolSum): readonly [number, number] {
  return sum.kind === "convolution" && sum.pooling ? sum.pooling.position : sum.position;
}

function resultOf(sum: ConvolutionSum | PoolSum): number {
  if (sum.kind !== "convolution") return sum.result;
  return sum.pooling?.result ?? sum.activation?.result ?? sum.feature;
}

/** The values that come of known misunderstandings. */
export function valueMistakes(sum: ConvolutionSum | PoolSum): Mistake[] {
  if (sum.kind !== "convolution") {
    const total = sum.values.reduce((a, b) => a + b, 0);
    return [
      { value: total / sum.values.length, key: "predict.averaged" },
      { value: Math.max(...sum.values), key: "predict.tookMax" },
      { value: Math.min(...sum.values), key: "predict.tookMin" },
      { value: total, key: "predict.notDivided" },
    ];
  }
  const terms = sum.terms.flat();
  const dot = (weights: readonly number[]) => terms.reduce((total, { value }, k) => total + value * (weights[k] as number), 0);
  const weights = terms.map(({ weight }) => weight);
  return [
    { value: dot([...weights].reverse()) + sum.bias, key: "predict.flipped" },
    { value: sum.feature - sum.bias, key: "predict.noBias" },
    { value: sum.feature, key: "predict.noActivation" },
    { value: dot(weights) / terms.length, key: "predict.meanOfProducts" },
    { value: weights.reduce((a, b) => a + b, 0), key: "predict.weightsOnly" },
    { value: -sum.feature, key: "predict.sign" },
  ];
}
