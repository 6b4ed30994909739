/** What a learner wrote into the blanks of a table, and what it is worth. */
import type { Row } from "../engine/layers";
import type { Blank, BlankColumn } from "../views/layerTable";
import { t } from "../words";
import { parametersReply, shapeReply } from "./layer_replies";

/** The blanks of one row. */
export interface RowBlanks {
  shape: Blank;
  parameters: Blank;
}

export function answers() {
  /** By row and column; an answer holds for the row as it was. */
  const known = new Map<string, { about: string; blank: Blank }>();

  const read = (row: Row, index: number, column: BlankColumn): Blank => {
    const entry = known.get(`${index} ${column}`);
    return entry?.about === subject(row) ? entry.blank : { text: "", state: "open", reply: "" };
  };

  return {
    give(row: Row, index: number, column: BlankColumn, text: string): void {
      if (text.trim() === "") return void known.delete(`${index} ${column}`);
      const wrong = column === "shape" ? shapeReply(row, text) : parametersReply(row, text);
      const blank: Blank = { text, state: wrong === null ? "right" : "wrong", reply: wrong ?? t("layers.right") };
      known.set(`${index} ${column}`, { about: subject(row), blank });
    },
    blanks: (row: Row, index: number): RowBlanks => ({
      shape: read(row, index, "shape"),
      parameters: read(row, index, "parameters"),
    }),
  };
}

/** What the answers about a row depend on. */
function subject({ layer, input }: Row): string {
  return JSON.stringify([layer, input]);
}
