import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exactText,
  formatIndices,
  formatNumber,
  parseNumber,
  sumFigures,
  sumsTo,
} from "../../src/views/format";

test("numbers are short, with a true minus sign, and never read as zero when they are not", () => {
  const cases: [value: number, room: number, text: string][] = [
    [0, 6, "0"],
    [-0, 6, "0"],
    [255, 6, "255"],
    [-1, 6, "−1"],
    [Math.fround(0.1), 6, "0.1"],
    [1 / 9, 6, "0.1111"],
    [-1 / 9, 6, "−0.1111"],
    [-0.0625, 6, "−0.0625"],
    [151.7312, 6, "151.73"],
    [113.90001, 6, "113.9"],
    [16581375, 8, "16581375"],
    [16581375, 6, "1.66e7"],
    [1e-9, 6, "1e−9"],
    [-3.4e38, 6, "−3.4e38"],
    [NaN, 6, "NaN"],
    [Infinity, 6, "∞"],
    [-Infinity, 6, "−∞"],
  ];
  for (const [value, room, text] of cases) assert.equal(formatNumber(value, { room }), text);
  assert.equal(formatNumber(2, { plus: true }), "+2");
  assert.equal(formatNumber(0, { plus: true }), "0");
});

test("the exact text of a float32 reads back as the same float32", () => {
  let seed = 3;
  for (let i = 0; i < 2000; i++) {
    seed = (seed * 16807) % 2147483647;
    const value = Math.fround((seed - 1073741823) * 10 ** ((i % 30) - 25));
    assert.equal(Math.fround(Number(exactText(value).replaceAll("−", "-"))), value);
  }
});

test("a text keeps to its room wherever the number allows it", () => {
  for (const value of [0.123456, 12.3456, 1234.56, 123456.7, 0.000123, 1e12, 3.3e-12]) {
    for (const room of [5, 6, 8])
      assert.ok(formatNumber(value, { room }).length <= room, `${value} in ${room}`);
  }
});

test("indices are written as stretches, as lists, or cut short", () => {
  assert.equal(formatIndices([88]), "88");
  assert.equal(formatIndices([87, 88, 89]), "87–89");
  assert.equal(formatIndices([-1, 0, 1]), "−1 to 1");
  assert.equal(formatIndices([0, 2, 4]), "0, 2, 4");
  assert.equal(formatIndices([0, 4, 8, 12, 16, 20]), "0, 4, …, 20");
  assert.equal(formatIndices([]), "");
});

test("numbers are read as learners type them", () => {
  const good: [string, number][] = [
    ["-.5", -0.5],
    ["−3", -3],
    ["+2", 2],
    [" 1 / 4 ", 0.25],
    ["-1/8", -0.125],
    ["1e-3", 0.001],
    ["2.", 2],
    ["- 3", -3],
  ];
  for (const [text, value] of good) assert.equal(parseNumber(text), value, text);
  assert.equal(parseNumber("1/9"), 1 / 9);
});

test("what is no number is refused with its kind of mistake", () => {
  const bad: [string, string][] = [
    ["", "empty"],
    ["  ", "empty"],
    ["0,5", "comma"],
    ["1,000", "comma"],
    ["1/0", "division"],
    ["abc", "number"],
    ["1/2/3", "number"],
    ["/2", "number"],
    ["5 0", "number"],
    ["--1", "number"],
    ["NaN", "number"],
    ["Infinity", "number"],
    ["0x10", "number"],
    ["1e39", "great"],
    ["1_000", "number"],
  ];
  for (const [text, problem] of bad) assert.equal(parseNumber(text), problem, text);
});

test("a sum whose figures give the result has an equals sign", () => {
  const sobel = [
    [218, -1],
    [187, 1],
    [221, -2],
    [202, 2],
    [231, -1],
    [230, 1],
  ];
  const figures = sumFigures(sobel, -70);
  assert.deepEqual(figures.parts[0], ["218", "−1"]);
  assert.equal(`${figures.relation} ${figures.result}`, "= −70");
});

test("more digits are shown where they make the sum exact", () => {
  const figures = sumFigures(
    [
      [217, 0.25],
      [187, 0.0078125],
    ],
    217 * 0.25 + 187 * 0.0078125,
  );
  assert.equal(figures.relation, "=");
  assert.equal(figures.result, "55.7109375");
  assert.equal(figures.parts[1]?.[1], "0.0078125");
});

test("a sum that a calculator would not confirm is about equal", () => {
  const ninth = Math.fround(1 / 9);
  const box = sumFigures(
    [
      [218, ninth],
      [187, ninth],
      [10, ninth],
    ],
    Math.fround(415 / 9),
  );
  assert.equal(box.relation, "≈");
  assert.deepEqual(box.parts[0], ["218", "0.1111"]);
  assert.equal(sumFigures([[1, 1]], 3).relation, "≈");
});

test("the dust of float32 does not spoil an exact sum", () => {
  const tenth = Math.fround(0.1);
  const figures = sumFigures(
    [
      [217, tenth],
      [187, tenth],
      [735, tenth],
    ],
    113.90001,
  );
  assert.equal(`${figures.relation} ${figures.result}`, "= 113.9");
});

test("an average is checked with its divisor", () => {
  assert.equal(sumFigures([[12], [20], [8], [12]], 13, { divisor: 4 }).relation, "=");
  assert.equal(sumFigures([[1], [0], [0]], Math.fround(1 / 3), { divisor: 3 }).relation, "≈");
});

test("infinities and NaN follow IEEE", () => {
  assert.equal(
    sumFigures(
      [
        [Infinity, 1],
        [1, 1],
      ],
      Infinity,
    ).relation,
    "=",
  );
  assert.equal(sumFigures([[Infinity, 0]], NaN).relation, "=");
  assert.equal(sumFigures([[NaN, 1]], 0).relation, "≈");
});

test("written sums are compared in decimals, not in binary", () => {
  assert.ok(sumsTo([["0.1"], ["0.2"]], "0.3"));
  assert.ok(sumsTo([["1e7", "3"], ["−1"]], "29999999"));
  assert.ok(!sumsTo([["0.333"], ["0.333"], ["0.333"]], "1"));
});
