/** A network as the views take it: the lines of its table, its volumes, its counts. */
import { type Row, type Totals, isWindowed, parametersOf } from "../engine/layers";
import type { LayerTableProps } from "../views/layerTable";
import type { Count } from "../views/odometer";
import type { Volume } from "../views/volumes";
import { t, wholeNumber } from "../words";
import type { Network } from "./architecture_state";
import type { RowBlanks } from "./blank_answers";
import { className, factorsText, parameterFactors, problemText, shapeText } from "./layer_facts";
import { windowOf } from "./network_code";

/** The table's lines; sums are shown once nothing in them is asked. */
export function tableOf({ rows, sums }: Network, input: readonly number[], asked: readonly (RowBlanks | null)[], whole: boolean): Pick<LayerTableProps, "rows" | "totals" | "input"> {
  const frozen = sums.parameters - sums.trainable;
  const shown = (value: number) => (whole ? wholeNumber(value) : "?");
  return {
    input: shapeText(input),
    rows: rows.map((row, i) => ({
      name: row.name,
      type: className(row),
      shape: shapeText(row.output),
      parameters: row.output ? wholeNumber(parametersOf(row)) : "?",
      formula: row.output && parametersOf(row) > 0 ? factorsText(parameterFactors(row)) : "",
      problem: row.rule === "before" ? "" : problemText(row),
      dimmed: row.rule === "before",
      shapeBlank: asked[i]?.shape ?? null,
      parametersBlank: asked[i]?.parameters ?? null,
    })),
    totals: [
      { label: t("layers.total"), value: shown(sums.parameters) },
      ...(frozen > 0
        ? [
            { label: t("layers.totalTrained"), value: shown(sums.trainable) },
            { label: t("layers.totalFrozen"), value: shown(frozen) },
          ]
        : []),
    ],
  };
}

/** The input and every map of a new shape; what follows with the same shape adds no box. */
export function volumesOf({ rows, chosen }: Network, input: readonly number[]): Volume[] {
  const found: Volume[] = [{ index: -1, name: t("layers.input"), sizes: input }];
  for (const [index, row] of rows.entries()) {
    if (!row.output || (!isWindowed(row.layer.kind) && row.layer.kind !== "dense" && row.layer.kind !== "flatten")) continue;
    found.push({ index, name: shortName(row), sizes: row.output });
  }
  // The chosen layer's window lies on the map that it reads.
  const at = found.findIndex(({ index }) => index === chosen);
  const reads = found[at - 1];
  const row = rows[chosen];
  if (reads && row && isWindowed(row.layer.kind)) found[at - 1] = { ...reads, window: windowOf(row.layer) };
  return found;
}

/** Parameters and multiply-adds beside what other ways to join the same maps would need. */
export function counts(sums: Totals, kept: Totals | null): Count[] {
  const beside = (own: number, label: string, value: number) => ({ label, value, text: large(value), note: times(own, value) });
  return [
    {
      label: t("count.parameters"),
      value: sums.parameters,
      text: wholeNumber(sums.parameters),
      beside: [
        ...(kept ? [beside(sums.parameters, t("count.kept"), kept.parameters)] : []),
        beside(sums.parameters, t("count.unshared"), sums.unshared),
        beside(sums.parameters, t("count.dense"), sums.dense),
      ],
    },
    {
      label: t("count.multiplyAdds"),
      value: sums.multiplyAdds,
      text: wholeNumber(sums.multiplyAdds),
      beside: [
        ...(kept ? [beside(sums.multiplyAdds, t("count.kept"), kept.multiplyAdds)] : []),
        beside(sums.multiplyAdds, t("count.dense"), sums.denseMultiplyAdds),
      ],
    },
  ];
}

function times(own: number, other: number): string {
  if (own === 0 || other === 0) return "";
  const ratio = other / own;
  if (Math.abs(ratio - 1) < 0.005) return t("count.same");
  return t("count.times", { times: ratio >= 100 ? wholeNumber(Math.round(ratio)) : ratio.toPrecision(2) });
}

/** A count; beyond what whole numbers hold exactly, by its power of ten. */
function large(value: number): string {
  if (value <= Number.MAX_SAFE_INTEGER) return wholeNumber(value);
  const power = Math.floor(Math.log10(value));
  const digits = [...String(power)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${(value / 10 ** power).toFixed(2)} × 10${digits}`;
}

/** A name that fits under a box. */
function shortName({ name }: Row): string {
  return name.replace("max_pooling", "max").replace("average_pooling", "mean");
}
