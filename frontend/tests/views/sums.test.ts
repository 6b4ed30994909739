import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConvolutionSum, type PoolSum, spokenSentence } from "../../src/views/arithmetic";
import { type SizeEquation, sizeLines } from "../../src/views/sizeEquation";
import { foldTerms } from "../../src/views/sumFold";
import { readsText } from "../../src/views/sumLines";

const texts = (size: SizeEquation) => sizeLines(size).map((line) => line.map(({ text }) => text).join(""));
const square: SizeEquation = {
  input: [256, 256],
  window: [3, 3],
  pad: [1, 1, 1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  output: [256, 256],
};

test("the output size is written with its numbers", () => {
  assert.deepEqual(texts(square), [
    "O = ⌊(I + 2P − D(K−1) − 1) / S⌋ + 1 = ⌊(256 + 2·1 − 1·(3−1) − 1) / 1⌋ + 1 = 256",
  ]);
});

test("axes that differ have a line each; uneven padding is written before and after", () => {
  assert.deepEqual(texts({ ...square, input: [5, 6], pad: [0, 0, 0, 1], stride: [2, 2], output: [2, 3] }), [
    "Rows: O = ⌊(I + 2P − D(K−1) − 1) / S⌋ + 1 = ⌊(5 + 2·0 − 1·(3−1) − 1) / 2⌋ + 1 = ⌊2 / 2⌋ + 1 = 2",
    "Columns: O = ⌊(I + P₁ + P₂ − D(K−1) − 1) / S⌋ + 1 = ⌊(6 + 0 + 1 − 1·(3−1) − 1) / 2⌋ + 1 = ⌊4 / 2⌋ + 1 = 3",
  ]);
});

test("a ceiling is drawn as one, and the window that PyTorch leaves out is said", () => {
  const ceiling: SizeEquation = {
    ...square,
    input: [5, 5],
    window: [2, 2],
    pad: [0, 0, 0, 0],
    stride: [2, 2],
    ceil: true,
    output: [3, 3],
  };
  assert.match(texts(ceiling)[0] ?? "", /⌈3 \/ 2⌉ \+ 1 = 3$/);
  assert.match(
    texts({
      ...ceiling,
      input: [3, 3],
      window: [1, 1],
      pad: [1, 1, 1, 1],
      stride: [3, 3],
      output: [2, 2],
    })[0] ?? "",
    /3 − 1 .*= 2$/,
  );
});

test("a sum that is no output's is told with words of its own", () => {
  const sum: ConvolutionSum = {
    kind: "convolution",
    terms: [[{ value: 2, weight: -3, inside: true }]],
    bias: 0,
    feature: -6,
    position: [0, 1],
    reads: { rows: [0], columns: [1] },
  };
  const telling = { roles: { value: "input", weight: "gradient", result: "gradient" }, note: "", place: "∂L/∂W[0, 1]:" } as const;
  assert.equal(spokenSentence({ sum, telling }), "∂L/∂W[0, 1]: 2 times minus 3, equals minus 6.");
  assert.match(spokenSentence({ sum }), /^Output row 0, column 1:/);
});

const term = (value: number, weight: number) => ({ value, weight, inside: true });

test("products with a weight of zero are folded, but not those that give NaN", () => {
  const terms = [term(1, 2), term(5, 0), term(Infinity, 0), term(NaN, 0), term(3, -1)];
  assert.deepEqual(foldTerms(terms, { zeros: false, all: false }), {
    shown: [0, 2, 3, 4],
    zeros: 1,
    rest: 0,
    long: false,
  });
  assert.deepEqual(foldTerms(terms, { zeros: true, all: false }).shown, [0, 1, 2, 3, 4]);
});

test("a long sum is cut short until all of it is wanted", () => {
  const terms = Array.from({ length: 49 }, (_, i) => term(i, i % 2));
  assert.deepEqual(foldTerms(terms, { zeros: false, all: false }), {
    shown: terms.flatMap((_, i) => (i % 2 ? [i] : [])),
    zeros: 25,
    rest: 0,
    long: false,
  });
  const full = Array.from({ length: 49 }, (_, i) => term(i, 1));
  assert.equal(foldTerms(full, { zeros: false, all: false }).rest, 41);
  assert.equal(foldTerms(full, { zeros: false, all: true }).shown.length, 49);
});

const sum: ConvolutionSum = {
  kind: "convolution",
  terms: [[term(218, -1), term(217, 0), term(187, 1)]],
  bias: 0,
  feature: -31,
  position: [88, 128],
  reads: { rows: [88], columns: [127, 128, 129] },
};

test("the sum is spoken", () => {
  assert.equal(
    spokenSentence({ sum }),
    "Output row 88, column 128: 218 times minus 1, plus 187 times 1, equals minus 31.",
  );
  assert.match(spokenSentence({ sum: { ...sum, bias: 10, feature: -21 } }), /plus 10, equals minus 21/);
  assert.match(
    spokenSentence({ sum: { ...sum, activation: { kind: "relu", result: 0 } } }),
    /ReLU makes it 0\.$/,
  );
  assert.equal(spokenSentence({ sum: null }), "");
});

test("a long sum is spoken as its size; channels as their sums", () => {
  const long = { ...sum, terms: [Array.from({ length: 25 }, () => term(4, 0.25))], feature: 25 };
  assert.match(spokenSentence({ sum: long }), /the sum of 25 products, equals 25\.$/);
  const channels = {
    ...sum,
    terms: [[term(1, 1)], [term(2, 1)], [term(3, 1)]],
    partial: [1, 2, 3],
    feature: 6,
  };
  assert.match(spokenSentence({ sum: channels }), /1, plus 2, plus 3, equals 6\.$/);
});

test("pooling is spoken with the place in the output", () => {
  const pool: PoolSum = {
    kind: "max",
    values: [12, 20, 8, 12],
    winner: 1,
    result: 20,
    position: [0, 1],
    reads: { rows: [0, 1], columns: [2, 3] },
  };
  assert.equal(spokenSentence({ sum: pool }), "Output row 0, column 1: The greatest of 4 values is 20.");
  assert.match(
    spokenSentence({ sum: { ...sum, pooling: pool } }),
    /^Output row 0, column 1:.*The greatest of 4 values is 20\.$/,
  );
});

test("where each channel has its own sum, the one that is spoken is named", () => {
  assert.match(spokenSentence({ sum, channel: "green" }), /^Output row 88, column 128, green: 218 times/);
});

test("one row is a row, several are rows", () => {
  assert.equal(
    readsText(sum, { sum, size: null }),
    "output[88, 128] looks at input row 88, columns 127–129.",
  );
});

test("cells of the padding and cells beyond it are told apart", () => {
  const size = { ...square, input: [4, 4], window: [3, 3], stride: [2, 2], ceil: true, output: [3, 3] } as const;
  const pool = (position: [number, number], rows: number[], columns: number[]): PoolSum => ({
    kind: "average",
    values: [15, 0, 0, 0],
    divisor: 4,
    result: 3.75,
    position,
    reads: { rows, columns },
  });
  const corner = pool([2, 2], [3, 4, 5], [3, 4, 5]);
  assert.equal(
    readsText(corner, { sum: corner, size }),
    "output[2, 2] looks at input rows 3–5, columns 3–5. 3 of these 9 cells are padding. " +
      "5 of these 9 cells lie beyond the input and its padding: they do not exist and do not count.",
  );
  const first = pool([0, 0], [-1, 0, 1], [-1, 0, 1]);
  assert.match(readsText(first, { sum: first, size }), /rows −1 to 1, columns −1 to 1\. 5 of these 9 cells are padding\.$/);
  const inside = pool([0, 0], [0, 1], [-1, 0]);
  assert.doesNotMatch(readsText(inside, { sum: inside, size }), /beyond/);
});
