import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMatrix } from "../../src/views/matrixText";

const parse = (text: string) => parseMatrix(text, 15);

test("blocks from spreadsheets, files and Python are read", () => {
  const matrix = [
    [1, -2],
    [0.5, 0.25],
  ];
  for (const text of [
    "1\t-2\n0.5\t1/4",
    "1\t−2\r\n.5\t.25\r\n",
    "1,-2\n0.5,0.25",
    "1;-2\n0.5;0.25",
    "1 -2\n 0.5   0.25 ",
    "[[1, -2], [0.5, 0.25]]",
    "[[1, -2],\n [0.5, 0.25]]",
    "array([[ 1.  , -2.  ],\n       [ 0.5 ,  0.25]])".slice(5),
    '"1","-2"\n"0.5","0.25"',
  ]) {
    assert.deepEqual(parse(text), matrix, text);
  }
  assert.deepEqual(parse("7"), [[7]]);
  assert.deepEqual(parse("1\t2\t3"), [[1, 2, 3]]);
});

test("the cell that is no number is named", () => {
  assert.deepEqual(parse("1\t2\n3\tx"), { kind: "cell", row: 2, column: 2, text: "x", problem: "number" });
  assert.deepEqual(parse("1\t0,5\n3\t4"), { kind: "cell", row: 1, column: 2, text: "0,5", problem: "comma" });
  assert.deepEqual(parse("1\t\n3\t4"), { kind: "cell", row: 1, column: 2, text: "", problem: "empty" });
  assert.deepEqual(parse("1\t\t3"), { kind: "cell", row: 1, column: 2, text: "", problem: "empty" });
});

test("rows of different lengths, too many cells and nothing are refused", () => {
  assert.deepEqual(parse("1 2\n3"), { kind: "ragged", row: 2, cells: 1, expected: 2 });
  assert.deepEqual(parse(Array(16).fill("1 2").join("\n")), { kind: "large", rows: 16, columns: 2 });
  assert.deepEqual(parse(Array(16).fill("1").join("\t")), { kind: "large", rows: 1, columns: 16 });
  assert.deepEqual(parse(" \n "), { kind: "empty" });
  assert.deepEqual(parse("[]"), { kind: "empty" });
});

test("a block of the greatest size is taken", () => {
  const text = Array(15).fill(Array(15).fill("0.1").join("\t")).join("\n");
  const matrix = parse(text);
  assert.ok(Array.isArray(matrix) && matrix.length === 15 && matrix[14]?.[14] === 0.1);
});
