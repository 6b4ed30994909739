import assert from "node:assert/strict";
import { test } from "node:test";
import { areaAverage } from "../../src/views/pixels";

function picture(width: number, height: number, value: (x: number, y: number) => number) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.set([value(x, y), 255 - value(x, y), 7, 255], (y * width + x) * 4);
  }
  return (top: number, count: number) => data.subarray(top * width * 4, (top + count) * width * 4);
}

const reds = ({ data }: { data: Uint8ClampedArray }) => [...data].filter((_, i) => i % 4 === 0);

test("a picture that is small enough comes back as it is", () => {
  const read = picture(5, 3, (x, y) => 10 * x + y);
  const result = areaAverage(5, 3, 512, 2, read);
  assert.deepEqual([result.width, result.height], [5, 3]);
  assert.deepEqual([...result.data], [...read(0, 3)]);
});

test("a pixel of the result is the mean of the area it covers, whatever the strips", () => {
  const read = picture(4, 4, (x, y) => (x < 2 ? 0 : 100) + (y < 2 ? 0 : 50));
  for (const rows of [1, 2, 3, 4]) {
    const result = areaAverage(4, 4, 2, rows, read);
    assert.deepEqual(reds(result), [0, 100, 50, 150]);
  }
});

test("sizes that do not divide keep the mean and the longest side", () => {
  const read = picture(7, 3, (x) => x * 30);
  const result = areaAverage(7, 3, 4, 8, read);
  assert.deepEqual([result.width, result.height], [4, 2]);
  const mean = reds(result).reduce((sum, value) => sum + value, 0) / 8;
  assert.ok(Math.abs(mean - 90) <= 0.5, `mean ${mean}`);
});

test("a line of pixels keeps at least one in its thickness", () => {
  const result = areaAverage(1000, 1, 10, 1, picture(1000, 1, () => 200));
  assert.deepEqual([result.width, result.height], [10, 1]);
  assert.deepEqual(reds(result), Array(10).fill(200));
});

test("the result is opaque and bounded", () => {
  const result = areaAverage(300, 200, 64, 17, picture(300, 200, (x, y) => (x * y) % 256));
  assert.deepEqual([result.width, result.height], [64, 43]);
  assert.ok(result.data.every((value, i) => i % 4 !== 3 || value === 255));
});
