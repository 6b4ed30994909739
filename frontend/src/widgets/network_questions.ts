/** What can be asked of a network: the parameters of its chosen layer, and how far a unit sees. */
import type { Row } from "../engine/layers";
import { t, wholeNumber } from "../words";
import type { Network } from "./architecture_state";
import { parametersReply, parametersText } from "./layer_replies";
import type { Question } from "./prediction";

export function networkQuestions(now: () => Network | null): Question[] {
  const chosen = (): Row | null => {
    const network = now();
    return network?.rows[network.chosen] ?? null;
  };
  return [
    {
      key: "parameters",
      label: t("predict.menuParameters"),
      ask: () => {
        const row = chosen();
        return row && { text: t("predict.parameters", { name: row.name }), blanks: [{ kind: "number", label: t("layers.parameters") }] };
      },
      reply([answer]) {
        const row = chosen() as Row;
        const wrong = parametersReply(row, String(answer));
        return { right: wrong === null, text: `${wrong ?? t("layers.right")} ${row.name}: ${parametersText(row)}.` };
      },
    },
    {
      key: "field",
      label: t("predict.menuField"),
      ask: () => {
        const row = chosen();
        return row && row.reach.length > 0
          ? { text: t("predict.field", { name: row.name }), blanks: [{ kind: "number", label: t("field.size") }] }
          : null;
      },
      reply([answer]) {
        const network = now() as Network;
        const row = chosen() as Row;
        const size = row.reach[0]?.size ?? 1;
        const truth = t("predict.fieldTruth", { name: row.name, size: wholeNumber(size) });
        if (answer === size) return { right: true, text: `${t("layers.right")} ${truth}` };
        const mistake = fieldMistakes(network.rows.slice(0, network.chosen + 1)).find(({ value }) => value === answer);
        return { right: false, text: `${mistake?.text ?? t("predict.fieldWrong")} ${truth}` };
      },
    },
  ];
}

/** The sizes that come of a misconception about how fields grow. */
export function fieldMistakes(rows: readonly Row[]): { value: number; text: string }[] {
  const axes = rows.flatMap(({ axes: [axis] }) => (axis ? [axis] : []));
  const sum = (size: (axis: (typeof axes)[number]) => number, start: number) => axes.reduce((total, axis) => total + size(axis), start);
  let jump = 1;
  const undilated = axes.reduce((total, { kernel, stride }) => {
    const grown = total + (kernel - 1) * jump;
    jump *= stride;
    return grown;
  }, 1);
  return [
    { value: sum(({ kernel }) => kernel, 0), text: t("predict.fieldSum") },
    { value: axes.at(-1)?.kernel ?? 1, text: t("predict.fieldLast") },
    { value: undilated, text: t("predict.noDilation") },
    { value: sum(({ kernel, dilation }) => dilation * (kernel - 1), 1), text: t("predict.fieldJump") },
  ];
}
