import assert from "node:assert/strict";
import { test } from "node:test";
import { readNumber, snap } from "../../src/views/numberText";

const stride = { label: "Stride", min: 1, max: 8, whole: true };
const bias = { label: "Bias", min: -1024, max: 1024, whole: false };

test("numbers are read as people type them", () => {
  for (const [text, value] of [["3", 3], [" 8 ", 8], ["+2", 2], ["4.0", 4]] as const) {
    assert.deepEqual(readNumber(text, stride), { value, problem: null });
  }
  for (const [text, value] of [["−0.5", -0.5], ["-0.5", -0.5], ["1e-3", 0.001], ["1/4", 0.25]] as const) {
    assert.deepEqual(readNumber(text, bias), { value, problem: null });
  }
});

test("what cannot be taken is refused by name", () => {
  for (const [text, problem] of [
    ["0", "Stride must be between 1 and 8."],
    ["9", "Stride must be between 1 and 8."],
    ["-1", "Stride must be between 1 and 8."],
    ["2.5", "Stride must be a whole number."],
    ["", "Type a number, such as 2, −.5 or 1/9."],
    ["two", "Type a number, such as 2, −.5 or 1/9."],
    ["NaN", "Type a number, such as 2, −.5 or 1/9."],
    ["1,5", "Write the decimals after a point: 0.5, not 0,5."],
    ["1/0", "Nothing can be divided by zero."],
  ] as const) {
    assert.deepEqual(readNumber(text, stride), { value: null, problem });
  }
  const { problem } = readNumber("5000", bias);
  assert.equal(problem, "Bias must be between −1024 and 1024.");
});

test("sliders snap to their steps and stay within their reach", () => {
  assert.equal(snap(3.6, 1, 8, 1), 4);
  assert.equal(snap(99, 1, 8, 1), 8);
  assert.equal(snap(-99, 1, 8, 1), 1);
  assert.equal(snap(0.31, 0, 1, 0.1), 0.3);
});
