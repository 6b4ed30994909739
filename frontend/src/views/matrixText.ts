import { type NumberProblem, parseNumber } from "./format";

export type MatrixProblem =
  | { kind: "empty" }
  | { kind: "large"; rows: number; columns: number }
  | { kind: "ragged"; row: number; cells: number; expected: number }
  | { kind: "cell"; row: number; column: number; text: string; problem: NumberProblem };

/**
 * A matrix copied from a spreadsheet, a CSV file, or Python (`[[1, 0], [0, 1]]`).
 *
 * The first of tab, semicolon, comma and space that occurs parts the cells. Rows and columns of a
 * problem count from one, as a spreadsheet does.
 */
export function parseMatrix(text: string, limit: number): number[][] | MatrixProblem {
  const lines = text
    .replace(/\]\s*,?\s*\[/g, "\n")
    .replace(/[[\]()]/g, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^[ ,;]+|[ ,;]+$/g, ""))
    .filter((line) => line.trim() !== "");
  const separator = ["\t", ";", ","].find((mark) => lines.some((line) => line.includes(mark))) ?? /\s+/;
  const cells = lines.map((line) => line.split(separator).map(unquoted));
  const columns = cells[0]?.length ?? 0;
  if (!columns) return { kind: "empty" };
  const widest = Math.max(...cells.map((row) => row.length));
  if (cells.length > limit || widest > limit) return { kind: "large", rows: cells.length, columns: widest };
  const matrix: number[][] = [];
  for (const [i, row] of cells.entries()) {
    if (row.length !== columns) return { kind: "ragged", row: i + 1, cells: row.length, expected: columns };
    const values: number[] = [];
    for (const [j, cell] of row.entries()) {
      const value = parseNumber(cell);
      if (typeof value === "string")
        return { kind: "cell", row: i + 1, column: j + 1, text: cell, problem: value };
      values.push(value);
    }
    matrix.push(values);
  }
  return matrix;
}

function unquoted(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();
}
