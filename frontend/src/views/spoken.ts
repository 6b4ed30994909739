import { t } from "../words";
import type { ArithmeticProps, ConvolutionSum, PoolSum } from "./arithmetic";
import { formatNumber, sumFigures } from "./format";

const MOST_SPOKEN = 9;

/** The sum of a position as a sentence to be spoken; "" where there is none. */
export function spokenSentence({
  sum,
  channel = null,
  signal = false,
  telling,
}: Pick<ArithmeticProps, "sum" | "channel" | "signal" | "telling">): string {
  if (!sum) return "";
  const at = sum.kind === "convolution" && sum.pooling ? sum.pooling.position : sum.position;
  const [row, column] = at;
  const cell =
    channel === null ? t("spoken.position", { row, column }) : t("spoken.positionOf", { row, column, channel });
  const plain = signal ? t("spoken.place", { index: column }) : cell;
  const told = sum.kind === "convolution" ? convolution(sum) : [pooling(sum)];
  return `${telling?.place ?? plain} ${told.join(" ")}`;
}

function convolution({
  terms,
  partial,
  bias,
  feature,
  activation,
  pooling: pooled,
}: ConvolutionSum): string[] {
  const several = terms.length > 1;
  const parts = several
    ? (partial ?? []).map((sum) => [sum])
    : (terms[0] ?? []).map(({ value, weight }) => [value, weight]);
  const figures = sumFigures([...parts, ...(bias ? [[bias]] : [])], feature);
  const counted = parts
    .map((_, i) => i)
    .filter((i) => several || terms[0]?.[i]?.weight !== 0 || !Number.isFinite(terms[0]?.[i]?.value));
  const products = counted.map((i) => (figures.parts[i] ?? []).map(spoken).join(t("spoken.times")));
  const bulk = counted.length > MOST_SPOKEN ? [t("spoken.products", { count: counted.length })] : products;
  if (bias) bulk.push(spoken(figures.parts[parts.length]?.[0] ?? ""));
  const left = bulk.length ? bulk.join(t("spoken.plus")) : "0";
  const told = [
    t(figures.relation === "=" ? "spoken.equals" : "spoken.about", { left, right: spoken(figures.result) }),
  ];
  if (activation && activation.kind !== "none") {
    told.push(t(`spoken.${activation.kind}`, { result: spoken(formatNumber(activation.result)) }));
  }
  if (pooled) told.push(pooling(pooled));
  return told;
}

function pooling({ kind, values, result }: PoolSum): string {
  return t(`spoken.${kind}`, { count: values.length, result: spoken(formatNumber(result)) });
}

/** A number as it is written, in words that a screen reader says rightly. */
export function spoken(text: string): string {
  return text.replaceAll("−", t("spoken.minus")).replace("∞", t("spoken.infinity"));
}
