/** What a learner predicts of a one-dimensional convolution, and what a wrong answer tells. */
import type { ArithmeticProps, ConvolutionSum, SizeEquation } from "../views/arithmetic";
import { formatNumber } from "../views/format";
import { t } from "../words";
import type { SignalResult, SignalSettings } from "./convolution1d_state";
import { sizeMistakes, valueMistakes } from "./map_questions";
import type { Question } from "./prediction";

export interface Asked {
  settings: SignalSettings;
  result: SignalResult;
  sum: ArithmeticProps | null;
}

/** More numbers than these no choice of shapes shows. */
const LONGEST = 12;
const TOLERANCE = 0.005;

export function signalQuestions(now: () => Asked | null): Question[] {
  return [lengthQuestion(now), valueQuestion(now), shapeQuestion(now)];
}

function lengthQuestion(now: () => Asked | null): Question {
  return {
    key: "size",
    label: t("ask.menuLength"),
    ask: () => (now()?.sum?.size ? { text: t("ask.length"), blanks: [{ kind: "number", label: t("ask.lengthBlank") }] } : null),
    reply([answer]) {
      const size = now()?.sum?.size as SizeEquation;
      const length = size.output[1];
      if (answer === length) return { right: true, text: t("ask.lengthRight", { length }) };
      const mistake = sizeMistakes(size, 1).find(({ value }) => value === answer);
      return { right: false, text: `${t(mistake?.key ?? "predict.sizeWrong")} ${t("ask.lengthTruth", { length })}` };
    },
  };
}

function valueQuestion(now: () => Asked | null): Question {
  return {
    key: "value",
    label: t("predict.menuValue"),
    ask() {
      const sum = now()?.sum?.sum;
      if (!sum) return null;
      return { text: t("ask.value", { index: sum.position[1] }), blanks: [{ kind: "number", label: t("predict.valueBlank") }] };
    },
    reply([answer]) {
      const sum = now()?.sum?.sum as ConvolutionSum;
      const near = (value: number) => Math.abs((answer as number) - value) <= Math.max(TOLERANCE, 1e-4 * Math.abs(value));
      const value = formatNumber(sum.feature);
      if (near(sum.feature)) return { right: true, text: t("predict.valueRight", { value }) };
      const mistake = valueMistakes(sum).find((wrong) => near(wrong.value));
      return { right: false, text: `${t(mistake?.key ?? "predict.valueWrong")} ${t("predict.valueTruth", { value })}` };
    },
  };
}

/** A shape and the words for it, beside one that a misunderstanding gives. */
interface Choice {
  right: string;
  wrong: string;
  why: string;
}

function shapeQuestion(now: () => Asked | null): Question {
  return {
    key: "shape",
    label: t("ask.menuShape"),
    ask() {
      const asked = now();
      const choice = asked && choiceOf(asked);
      if (!choice) return null;
      // Which stands first must not tell which is right, nor change while it is asked.
      const options = [choice.right, choice.wrong].sort().map((label) => ({ value: label, label }));
      return { text: t("ask.shape"), blanks: [{ kind: "choice", label: t("ask.shapeBlank"), options }] };
    },
    reply([answer]) {
      const { right, why } = choiceOf(now() as Asked) as Choice;
      if (answer === right) return { right: true, text: t("ask.shapeRight", { why }) };
      return { right: false, text: t("ask.shapeWrong", { shape: right, why }) };
    },
  };
}

export function choiceOf({ settings, result, sum }: Asked): Choice | null {
  return settings.mode === "discrete" ? rowChoice(settings, result, sum?.size ?? null) : curveChoice(settings);
}

/** The output, or what comes of forgetting the flip: the kernel the other way round. */
function rowChoice({ flip, stride, dilation }: SignalSettings, { signal, kernel, output }: SignalResult, size: SizeEquation | null): Choice | null {
  if (output.length > LONGEST || !size) return null;
  const before = size.pad[2];
  const other = output.map((_, o) =>
    kernel.reduce((total, weight, k) => {
      const tap = flip ? k : kernel.length - 1 - k;
      return total + weight * (signal[o * stride - before + tap * dilation] ?? 0);
    }, 0),
  );
  const row = (values: Float32Array) => Array.from(values, (value) => formatNumber(value, { room: 4 })).join("  ");
  const why = t(flip ? "ask.whyFlip" : "ask.whyNoFlip");
  if (row(other) !== row(output)) return { right: row(output), wrong: row(other), why };
  const turned = output.slice().reverse();
  return row(turned) === row(output) ? null : { right: row(output), wrong: row(turned), why: t("ask.whySymmetric") };
}

function curveChoice({ f, g, f_width: wide, g_width: narrow, flip }: SignalSettings): Choice | null {
  const pair = [f, g].map(String).sort().join(" ");
  const box = wide === narrow ? "boxBox" : "boxWide";
  const keys: Record<string, "boxBox" | "boxWide" | "gaussians" | "boxGaussian" | "boxTriangle" | "boxExponential"> = {
    "box box": box,
    "gaussian gaussian": "gaussians",
    "box gaussian": "boxGaussian",
    "box triangle": "boxTriangle",
    // In a correlation the tail lies on the other side.
    ...(flip && { "box exponential": "boxExponential" as const }),
  };
  const key = keys[pair];
  return key ? { right: t(`shape.${key}.right`), wrong: t(`shape.${key}.wrong`), why: t(`shape.${key}.why`) } : null;
}
