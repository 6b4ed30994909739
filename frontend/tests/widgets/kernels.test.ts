import assert from "node:assert/strict";
import { test } from "node:test";
import { flipped, gallery, kernelFacts, matrices, normalised, rank, resized, rotated, toEngine, transposed } from "../../src/widgets/kernels";

const EMBOSS = [
  [-2, -1, 0],
  [-1, 1, 1],
  [0, 1, 2],
];

test("the gallery's kernels have the sums and ranks that are known of them", () => {
  const facts = Object.fromEntries(gallery.map(({ name, values }) => [name, kernelFacts([values], 0, 255)]));
  assert.equal(facts["sobel_x"]?.rank, 1);
  assert.equal(facts["emboss"]?.rank, 3);
  assert.equal(facts["laplacian8"]?.rank, 2);
  assert.equal(facts["blur_rounded"]?.rank, 2);
  assert.equal(facts["gaussian3"]?.rank, 1);
  assert.deepEqual(facts["laplacian8"]?.reach, [-2040, 2040]);
  assert.deepEqual(facts["emboss"]?.reach, [-1020, 1275]);
  assert.ok(Math.abs((facts["unsharp5"]?.sum ?? 0) - 1) < 1e-12);
  assert.ok(Math.abs((facts["blur_rounded"]?.sum ?? 0) - 0.97) < 1e-12);
});

test("the rank is numerical: rows that repeat do not count, and zero has none", () => {
  assert.equal(rank([[1, 2], [2, 4.0000000001]]), 1);
  assert.equal(rank([[0, 0], [0, 0]]), 0);
  assert.equal(rank([[1, 0, 0], [0, 0, 1]]), 2);
});

test("a resized box stays a mean, a binomial a binomial, and anything else keeps its centre", () => {
  const box = resized([[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]], 5, 4);
  assert.equal(box.length, 5);
  assert.ok(box.flat().every((value) => Math.abs(value - 1 / 20) < 1e-12));
  const binomial = resized([[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((v) => v / 16)), 5, 5);
  assert.equal(binomial[2]?.[2], 36 / 256);
  const wider = resized(EMBOSS, 5, 5);
  assert.deepEqual(wider.slice(1, 4).map((row) => row.slice(1, 4)), EMBOSS);
  assert.equal(wider.flat().filter((value) => value !== 0).length, EMBOSS.flat().filter((value) => value !== 0).length);
  assert.deepEqual(resized(wider, 3, 3), EMBOSS);
});

test("turning four times, flipping twice and transposing twice change nothing", () => {
  const matrix = [[1, 2, 3], [4, 5, 6]];
  assert.deepEqual(rotated(matrix), [[4, 1], [5, 2], [6, 3]]);
  assert.deepEqual(rotated(rotated(rotated(rotated(matrix)))), matrix);
  assert.deepEqual(flipped(flipped(matrix)), matrix);
  assert.deepEqual(flipped(EMBOSS), [[2, 1, 0], [1, 1, -1], [0, -1, -2]]);
  assert.deepEqual(transposed(transposed(matrix)), matrix);
});

test("normalising brings the sum to one, and refuses a sum of zero", () => {
  const planes = normalised([[[1, 2], [3, 4]]]);
  assert.ok(Math.abs((planes ?? []).flat(2).reduce((a, b) => a + b, 0) - 1) < 1e-12);
  assert.equal(normalised([[[1, -1]]]), null);
});

test("a stack of three is a kernel of three channels", () => {
  const stack = [EMBOSS, EMBOSS, EMBOSS];
  assert.equal(matrices(stack).length, 3);
  assert.deepEqual({ ...toEngine(stack), data: toEngine(stack).data.length }, { filters: 1, channels: 3, height: 3, width: 3, data: 27 });
});
