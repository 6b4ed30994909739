/** What a learner can be asked about gradients, and what may lie behind a wrong answer. */
import { formatNumber } from "../views/format";
import { type PlainKey, t } from "../words";
import type { LearnResult } from "./descent";
import type { GradientSettings } from "./gradient_state";
import { type GradientSum, type Pass, nameOf } from "./gradient_sums";
import type { Question } from "./prediction";

export interface Asked {
  /** The chosen cell's sum, or null in learning. */
  backward(): { sum: GradientSum; pass: Pass } | null;
  learning(): { settings: GradientSettings; result: LearnResult } | null;
}

interface Mistake {
  value: number;
  key: PlainKey;
}

/** More products than this nobody adds up by hand. */
const LONG = 27;

export function gradientQuestions(asked: Asked): Question[] {
  return [valueQuestion("cell", asked), valueQuestion("route", asked), rateQuestion(asked)];
}

/** The value of a gradient's cell: "cell" of a convolution, "route" of a pooling. */
function valueQuestion(key: "cell" | "route", { backward }: Asked): Question {
  const now = () => {
    const found = backward();
    const convolved = found?.pass.settings.operation === "convolution";
    return found && convolved === (key === "cell") && found.sum.terms.length <= LONG ? found : null;
  };
  return {
    key,
    label: t(key === "cell" ? "predict.menuCell" : "predict.menuRoute"),
    ask() {
      const found = now();
      if (!found) return null;
      const blanks = [{ kind: "number" as const, label: t("predict.valueBlank") }];
      const [row, column] = found.sum.cell;
      const text = key === "cell" ? t("predict.cell", { name: nameOf(found.sum) }) : t("predict.route", { row, column });
      return { text, blanks };
    },
    reply([answer]) {
      const { sum, pass } = now() as { sum: GradientSum; pass: Pass };
      const value = formatNumber(sum.result);
      const near = (guess: number) => Math.abs((answer as number) - guess) <= tolerance(guess);
      if (near(sum.result)) return { right: true, text: t("predict.valueRight", { value }) };
      const mistake = gradientMistakes(sum, pass).find((each) => near(each.value) && Math.abs(each.value - sum.result) > tolerance(sum.result));
      return { right: false, text: `${t(mistake?.key ?? "predict.valueWrong")} ${t("predict.valueTruth", { value })}` };
    },
  };
}

/** The values that come of known misunderstandings of a gradient. */
export function gradientMistakes({ which, terms, places, result, cell }: GradientSum, { settings, sizes, result: pass }: Pass): Mistake[] {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const products = terms.map(({ value, weight }) => value * weight);
  const first = products.find((product) => product !== 0) ?? 0;
  const average: Mistake = { value: result / terms.length, key: "predict.averagedGradient" };
  if (settings.operation !== "convolution") {
    const given = total(terms.map(({ value }) => value));
    const shares = given / (sizes.window[0] * sizes.window[1]);
    if (settings.operation === "average") {
      return [
        { value: given, key: "predict.routedWhole" },
        { value: first, key: "predict.oneWindow" },
      ];
    }
    return [
      { value: shares, key: "predict.sharedNotRouted" },
      { value: first, key: "predict.oneWindow" },
      { value: given, key: "predict.routedToAll" },
      { value: pass.input.data[cell[0] * pass.input.width + cell[1]] as number, key: "predict.forwardValue" },
    ];
  }
  const seen = terms.map(({ value }) => value);
  const weights = terms.map(({ weight }) => weight);
  const positions: Mistake[] = products.map((value) => ({ value, key: "predict.onePosition" as const }));
  if (which === "bias") return [average, { value: 1, key: "predict.biasOnce" }, ...positions];
  const ignored: Mistake = { value: total(which === "weight" ? seen : weights), key: "predict.noUpstream" };
  const sign: Mistake = { value: -result, key: "predict.sign" };
  if (which === "weight") return [average, ignored, ...positions, sign];
  return [{ value: unflipped(places, terms, pass.kernel), key: "predict.forgotFlip" }, average, ignored, ...positions, sign];
}

/** The input's gradient as a correlation would have it: the kernel not turned. */
function unflipped(places: GradientSum["places"], terms: GradientSum["terms"], kernel: Pass["result"]["kernel"]): number {
  if (!kernel) return NaN;
  const { height, width, data } = kernel;
  return places.reduce((sum, { kernel: tap }, i) => {
    const at = tap ? (height - 1 - tap[0]) * width + (width - 1 - tap[1]) : 0;
    return sum + (terms[i]?.value ?? 0) * (data[at] as number);
  }, 0);
}

function rateQuestion({ learning }: Asked): Question {
  const options = (["settles", "grows"] as const).map((value) => ({ value, label: t(`predict.${value}`) }));
  return {
    key: "rate",
    label: t("predict.menuRate"),
    ask() {
      const now = learning();
      if (!now) return null;
      const text = t("predict.rate", { rate: formatNumber(now.settings.rate) });
      return { text, blanks: [{ kind: "choice", label: text, options }] };
    },
    reply([answer]) {
      const { settings, result } = learning() as { settings: GradientSettings; result: LearnResult };
      const grows = settings.rate > result.largestRate;
      const right = (answer === "grows") === grows;
      const words = { rate: formatNumber(settings.rate), limit: formatNumber(result.largestRate, { room: 5 }) };
      const reason = t(grows ? "predict.rateGrows" : "predict.rateSettles", words);
      const behind = right ? "" : t(grows ? "predict.rateTooBold" : "predict.rateTooShy");
      return { right, text: `${right ? t("predict.rateRight") : behind} ${reason}` };
    },
  };
}

/** Half a unit of the second decimal, and a rounding of large numbers. */
function tolerance(value: number): number {
  return Math.max(0.005, 1e-4 * Math.abs(value));
}
