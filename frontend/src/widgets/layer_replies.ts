/** What a learner may have thought who wrote this shape or this number of parameters. */
import { effectiveKernel } from "../engine/geometry";
import { type Row, parametersOf, product } from "../engine/layers";
import { plural, t, wholeNumber } from "../words";
import { windowOf } from "./network_code";

/** A reply that names the misconception; null where the answer is right. */
export function shapeReply(row: Row, text: string): string | null {
  const right = row.output ?? [];
  const answer = readShape(text, right.length);
  if (equal(answer, right)) return null;
  const { kind } = row.layer;
  if (kind === "flatten") return t("reply.flat");
  if (answer.length !== right.length) return numbersWanted(right.length);
  if (row.axes.length === 0) return kind === "dense" ? t("reply.units") : t("reply.stays");
  const [sides, channels] = [answer.slice(0, -1), answer.at(-1)];
  if (!equal(sides, right.slice(0, -1))) return sidesReply(row, sides, answer);
  if (channels === right.at(-1)) return null;
  return kind.startsWith("conv") ? t("reply.channelsFilters") : t("reply.channelsKept");
}

/** As `shapeReply`, for a number of parameters or the sum that makes it. */
export function parametersReply(row: Row, text: string): string | null {
  const answer = readSum(text);
  const right = parametersOf(row);
  if (answer === right) return null;
  if (answer === null) return t("number.number");
  if (right === 0) return t("reply.none");
  const { kind, filters = 0, units = 0 } = row.layer;
  if (kind === "batch_norm") return t("reply.batchNorm");
  const dense = kind === "dense";
  const [outputs, what] = dense ? [units, t("network.factor.units").replace(/s$/, "")] : [filters, t("network.factor.filters").replace(/s$/, "")];
  const { weights, biases } = row;
  if (biases > 0 && answer === weights) return t("reply.bias", { what });
  if (biases > 1 && answer === weights + 1) return t("reply.oneBias", { what });
  if (!dense) {
    const taps = product(windowOf(row.layer));
    const each = weights / outputs;
    const alone = [taps * outputs + biases, taps * outputs];
    if (each !== taps && alone.includes(answer)) return t("reply.inputChannels");
    if (outputs > 1 && [each, each + 1, taps, taps + 1].includes(answer)) return t("reply.oneFilter", { filters: wholeNumber(filters) });
    if ([row.unshared, row.multiplyAdds, row.dense].includes(answer)) return t("reply.shared");
  }
  return t("reply.notYet", { formula: parametersFormula(row) });
}

/** Parameters as a formula in letters that are words. */
function parametersFormula({ layer, biases }: Row): string {
  const names =
    layer.kind === "dense"
      ? [t("network.factor.inputs"), t("network.factor.units")]
      : [
          ...(windowOf(layer).length === 2
            ? [t("network.factor.kernelRows"), t("network.factor.kernelColumns")]
            : [t("network.factor.kernelLength")]),
          t("network.factor.channels"),
          t("network.factor.filters"),
        ];
  return names.join(" × ") + (biases > 0 ? ` + ${t("network.factor.biases")}` : "");
}

function sidesReply(row: Row, sides: number[], answer: number[]): string {
  const input = (row.input ?? []).slice(0, -1);
  const size = (change: Partial<Record<"pad" | "stride" | "dilation" | "add", number>>, round = Math.floor) =>
    row.axes.map(({ kernel, stride, before, after, dilation }, i) => {
      const span = effectiveKernel(kernel, change.dilation ?? dilation);
      const free = (input[i] ?? 0) + (change.pad ?? before + after) - span;
      return round(free / (change.stride ?? stride)) + (change.add ?? 1);
    });
  const [first] = row.axes;
  const padded = (first?.before ?? 0) + (first?.after ?? 0);
  if (answer.length === 3 && row.output && equal([...answer].sort(), [...row.output].sort())) return t("reply.transposed");
  const was = (guess: number[]) => equal(sides, guess);
  if (padded > 0 && was(size({ pad: 0 }))) return t("reply.padding", { cells: padded });
  if (was(size({}, Math.ceil))) return t("reply.ceil");
  if (was(size({ stride: 1 }))) return t("reply.stride", { stride: first?.stride ?? 1 });
  if (was(size({ dilation: 1 }))) return t("reply.dilation");
  if (was(size({ add: 0 }))) return t("reply.plusOne");
  if (padded === 0 && was(input)) return t("reply.paddingNone");
  return t("reply.notYet", { formula: "⌊(I + P − D(K − 1) − 1) / S⌋ + 1" });
}

function numbersWanted(count: number): string {
  const names = [
    [t("layer.features")],
    [t("layer.length"), t("layer.channels")],
    [t("layer.inputRows"), t("layer.inputColumns"), t("layer.channels")],
  ][count - 1];
  return t("reply.numbers", { count, names: (names ?? []).join(", ").toLowerCase() });
}

/** The numbers of a shape as it may be written: (None, 26, 26, 32), 26×26×32, 30,976. */
function readShape(text: string, length: number): number[] {
  const plain = text.replace(/none/gi, " ");
  if (length === 1 && !/[×x*()]/.test(plain.replace(/^\s*\(|,?\s*\)\s*$/g, ""))) {
    const digits = plain.replace(/\D/g, "");
    return digits ? [Number(digits)] : [];
  }
  return (plain.match(/\d+/g) ?? []).map(Number);
}

/** A number with or without separators, or a sum of products. */
function readSum(text: string): number | null {
  const plain = text.replace(/(\d)[,\s](?=\d{3}(\D|$))/g, "$1").replace(/[×x·]/g, "*").replace(/\s/g, "");
  if (!/^\d+([+*]\d+)*$/.test(plain)) return null;
  return plain.split("+").reduce((sum, part) => sum + product(part.split("*").map(Number)), 0);
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Parameters in words. */
export function parametersText(row: Row): string {
  return plural("layers.saidParameters", parametersOf(row));
}
