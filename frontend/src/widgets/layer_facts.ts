/** What there is to say about one layer of a network, in words and in factors. */
import { effectiveKernel } from "../engine/geometry";
import { KINDS, type Row, parametersOf, product } from "../engine/layers";
import type { Factor } from "../views/factors";
import { type Segment, sizeLines } from "../views/sizeEquation";
import { plural, t, wholeNumber } from "../words";
import { windowOf } from "./network_code";

/** A shape as Keras prints it. */
export function shapeText(shape: readonly number[] | null): string {
  return shape ? `(None, ${shape.join(", ")})` : "?";
}

export function byText(sizes: readonly number[]): string {
  return sizes.map(wholeNumber).join(" × ");
}

/** Why a layer cannot be; empty where it can. */
export function problemText({ rule, axes, input }: Row): string {
  if (rule === "") return "";
  const shape = byText(input ?? []);
  const advice = t(input?.length === 1 ? "law.flat" : rule === "maps" ? "law.other1d" : "law.other2d");
  if (rule === "maps" || rule === "signal") return t(`law.${rule}`, { shape, advice });
  if (rule !== "kernel") return t(`law.${rule}`);
  const span = byText(axes.map(({ kernel, dilation }) => effectiveKernel(kernel, dilation)));
  const room = byText(axes.map(({ before, after }, i) => (input?.[i] ?? 0) + before + after));
  return t("law.kernel", { span, room });
}

/** The size of the output by its rule; empty where there are no windows. */
export function sizeEquations({ axes, input, positions, rule }: Row): Segment[][] {
  if (axes.length === 0 || rule !== "") return [];
  const both = (pick: (i: number) => number) => [pick(0), pick(axes.length - 1)] as const;
  const axis = (i: number) => axes[i] ?? { kernel: 1, stride: 1, before: 0, after: 0, dilation: 1 };
  const last = axes.length - 1;
  return sizeLines({
    input: both((i) => input?.[i] ?? 1),
    window: both((i) => axis(i).kernel),
    pad: [axis(0).before, axis(0).after, axis(last).before, axis(last).after],
    stride: both((i) => axis(i).stride),
    dilation: both((i) => axis(i).dilation),
    output: both((i) => positions[i] ?? 1),
  });
}

/** Parameters as a sum of products. */
export function parameterFactors(row: Row): Factor[] {
  const { layer, biases, weights } = row;
  const total: Factor = { sign: "=", value: wholeNumber(parametersOf(row)), label: t("network.factor.parameters") };
  if (layer.kind === "batch_norm") {
    const names = ["scales", "shifts", "means", "variances"] as const;
    return [...names.map((name, i) => term(i ? "+" : "", weights, t(`network.factor.${name}`))), total];
  }
  if (weights === 0) return [{ ...total, sign: "" }];
  const bias = biases > 0 ? [term("+", biases, t("network.factor.biases"))] : [];
  return [...weightFactors(row), ...bias, total];
}

/** Multiply-adds as a product: the weights, at every place. */
export function workFactors(row: Row): Factor[] {
  const places = row.output && row.layer.kind !== "batch_norm" ? product(row.output.slice(0, -1)) : 1;
  const total: Factor = { sign: "=", value: wholeNumber(row.multiplyAdds), label: t("network.factor.work") };
  const own = [term("", row.weights, t("network.factor.weights")), term("×", places, t("network.factor.places"))];
  return row.weights > 0 && row.layer.kind !== "batch_norm" ? [...own, total] : [{ ...total, sign: "" }];
}

/** Factors in one line: 3 kernel rows × 3 kernel columns … */
export function factorsText(terms: readonly Factor[]): string {
  return terms.map(({ sign = "", value, label }) => `${sign} ${value} ${label}`.trim()).join(" ");
}

/** What the layer does, and what is odd about it. */
export function aboutText(row: Row): string[] {
  const { kind } = row.layer;
  const notes: string[] = [];
  if (kind.startsWith("max_pool")) notes.push(t("network.about.max_pool"));
  else if (kind.startsWith("avg_pool")) notes.push(t("network.about.avg_pool"));
  else if (kind === "relu" || kind === "sigmoid" || kind === "tanh") notes.push(t("network.about.activation"));
  else if (kind === "dense") {
    const places = (row.input ?? []).slice(0, -1);
    notes.push(places.length > 0 ? t("network.about.denseMaps", { places: byText(places) }) : t("network.about.dense"));
  } else if (kind === "batch_norm" || kind === "softmax" || kind === "dropout" || kind === "flatten") notes.push(t(`network.about.${kind}`));
  const lost = row.rule === "" ? lostCells(row) : 0;
  if (lost > 0) notes.push(plural("network.dropped", lost));
  if (row.axes.some(({ stride, dilation }) => stride > 1 && dilation > 1)) notes.push(t("network.kerasSteps"));
  return notes;
}

export function className({ layer }: Row): string {
  return KINDS[layer.kind][0];
}

/** Rows that no window reaches at the far end, padding not counted. */
function lostCells({ axes, input, positions }: Row): number {
  const [axis] = axes;
  if (!axis) return 0;
  const read = ((positions[0] ?? 1) - 1) * axis.stride + effectiveKernel(axis.kernel, axis.dilation) - axis.before;
  return Math.max((input?.[0] ?? 0) - read, 0);
}

function weightFactors({ layer, input }: Row): Factor[] {
  const features = input?.at(-1) ?? 0;
  if (layer.kind === "dense") {
    return [term("", features, t("network.factor.inputs")), term("×", layer.units ?? 0, t("network.factor.units"))];
  }
  const [rows = 1, columns] = windowOf(layer);
  const window: Factor[] =
    columns === undefined
      ? [{ value: String(rows), label: t("network.factor.kernelLength"), role: "kernel" }]
      : [
          { value: String(rows), label: t("network.factor.kernelRows"), role: "kernel" },
          { sign: "×", value: String(columns), label: t("network.factor.kernelColumns"), role: "kernel" },
        ];
  const filters: Factor = { ...term("×", layer.filters ?? 0, t("network.factor.filters")), role: "output" };
  return [...window, term("×", features, t("network.factor.channels")), filters];
}

function term(sign: string, value: number, label: string): Factor {
  return { sign, value: wholeNumber(value), label };
}
