import assert from "node:assert/strict";
import { test } from "node:test";
import { linear, roundRange, roundStep, snapTo } from "../../src/views/plotScale";

test("a range holds zero and all values, and ends at round numbers", () => {
  assert.deepEqual(roundRange([0, 1]), [0, 1]);
  assert.deepEqual(roundRange([-1, 1]), [-1, 1]);
  assert.deepEqual(roundRange([2, 3]), [0, 3]);
  assert.deepEqual(roundRange([0.9, -0.2]), [-0.2, 1]);
  assert.deepEqual(roundRange([]), [0, 1]);
  assert.deepEqual(roundRange([NaN, Infinity, 2]), [0, 2]);
});

test("steps are 1, 2 or 5 times a power of ten, never below what is asked", () => {
  assert.deepEqual([0.03, 0.1, 0.7, 1.2, 3, 7, 40].map(roundStep), [0.05, 0.1, 1, 2, 5, 10, 50]);
});

test("what is snapped has no binary dust", () => {
  assert.equal(snapTo(0.30000000000000004, 0.1), 0.3);
  assert.equal(snapTo(-0.04, 0.1), 0);
  assert.ok(Object.is(snapTo(-0.04, 0.1), 0));
});

test("a linear way goes through both ends", () => {
  const y = linear([-1, 1], [100, 0]);
  assert.deepEqual([-1, 0, 1].map(y), [100, 50, 0]);
});
