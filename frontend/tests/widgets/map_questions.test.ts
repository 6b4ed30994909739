import assert from "node:assert/strict";
import { test } from "node:test";
import type { ArithmeticProps, SizeEquation } from "../../src/views/arithmetic";
import { mapQuestions } from "../../src/widgets/map_questions";

const size: SizeEquation = {
  input: [6, 8],
  window: [3, 3],
  pad: [1, 1, 1, 1],
  stride: [2, 2],
  dilation: [1, 1],
  output: [3, 4],
};

function replies(props: ArithmeticProps, key: string, ...answers: number[]) {
  const question = mapQuestions(() => props).find((one) => one.key === key);
  assert.ok(question?.ask(), `${key} is not asked`);
  return (question as NonNullable<typeof question>).reply(answers);
}

test("a right size is right, in both axes only", () => {
  const props = { sum: null, size };
  assert.deepEqual(replies(props, "size", 3, 4), { right: true, text: "Right: 3 × 4." });
  assert.equal(replies(props, "size", 4, 3).right, false);
  assert.equal(replies(props, "size", 3, 3).right, false);
});

test("wrong sizes name what was left out", () => {
  const wide: SizeEquation = { ...size, input: [11, 11], window: [3, 3], dilation: [2, 2], pad: [2, 2, 2, 2], stride: [3, 3], output: [4, 4] };
  const said = (answer: number) => replies({ sum: null, size: wide }, "size", answer, 4).text;
  assert.match(said(3), /first position comes on top/); // ⌊10 / 3⌋ = 3, + 1 forgotten
  assert.match(said(11), /stride 1/); // 15 − 5 + 1
  assert.match(said(5), /reaches over/); // ⌊12 / 3⌋ + 1, the dilation forgotten
  assert.match(said(40), /^Not so\. It is 4 × 4/);
  const unpadded: SizeEquation = { ...wide, dilation: [1, 1], pad: [2, 2, 2, 2], stride: [1, 1], output: [13, 13] };
  const of = (answer: number) => replies({ sum: null, size: unpadded }, "size", answer, 13).text;
  assert.match(of(9), /left out the padding/);
  assert.match(of(11), /counted one|size of the input/);
});

test("wrong values name the misunderstanding", () => {
  const terms = [[1, 2, 3, 4].map((value, k) => ({ value, weight: [1, 0, 0, -1][k] as number, inside: true }))];
  const reads = { rows: [0, 1], columns: [0, 1] };
  const props: ArithmeticProps = {
    size: null,
    sum: { kind: "convolution", terms, bias: 10, feature: 7, position: [0, 0], reads, activation: null, pooling: null },
  };
  assert.equal(replies(props, "value", 7).right, true);
  assert.match(replies(props, "value", -3).text, /left out the bias/);
  assert.match(replies(props, "value", 13).text, /turned the kernel/);
  assert.match(replies(props, "value", -7).text, /sign/);
  assert.match(replies(props, "value", 0).text, /multiplied with the cell|Not so/);
  const pool: ArithmeticProps = {
    size: null,
    sum: { kind: "max", values: [12, 20, 8, 12], result: 20, position: [0, 0], reads },
  };
  assert.equal(replies(pool, "value", 20).right, true);
  assert.match(replies(pool, "value", 13).text, /average of the window/);
  assert.match(replies(pool, "value", 8).text, /least of the window/);
});

test("nothing is asked that nobody can add up", () => {
  const terms = [Array.from({ length: 49 }, () => ({ value: 1, weight: 1, inside: true }))];
  const reads = { rows: [0], columns: [0] };
  const sum = { kind: "convolution" as const, terms, bias: 0, feature: 49, position: [0, 0] as const, reads };
  assert.equal(mapQuestions(() => ({ sum, size: null })).find(({ key }) => key === "value")?.ask(), null);
  assert.equal(mapQuestions(() => null)[0]?.ask(), null);
});
