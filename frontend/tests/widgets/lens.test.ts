import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageOf } from "../../src/widgets/focus";
import { coverageMap, coverageText } from "../../src/widgets/lens";
import { POOLING_DEFAULTS, type PoolingSettings, type PoolingShapes, poolingShapes } from "../../src/widgets/pooling_state";

function counted(shape: [number, number], change: Partial<PoolingSettings>) {
  const image = { ...POOLING_DEFAULTS.image, shape };
  const settings = { ...POOLING_DEFAULTS, ...change, image };
  const { input, pad, output } = poolingShapes(settings) as PoolingShapes;
  const kernel: [number, number] = [settings.pool_size, settings.pool_size];
  const steps = { stride: settings.pool_stride, dilation: settings.dilation };
  return coverageMap(coverageOf(steps, { input, pad, kernel, feature: output, output }), pad);
}

test("every window is counted once at each of its cells, in the padding too", () => {
  const { maps, scale, value } = counted([3, 4], { pool_size: 2, pool_stride: 1, padding: 1 });
  assert.deepEqual([...maps.data], Array(12).fill(4));
  assert.deepEqual([value(-1, -1), value(-1, 0), value(3, 4), value(2, 3)], [1, 2, 1, 4]);
  assert.deepEqual(scale, { kind: "grey", low: 0, high: 4 });
});

test("the counts come to a sentence", () => {
  const text = (side: number, change: Partial<PoolingSettings>) => coverageText(counted([side, side], change));
  assert.equal(text(4, {}), "Every cell of the picture is read by 1 window.");
  assert.equal(text(5, {}), "Read by 1 window: 16 of 25 cells. By none: 9.");
  assert.equal(text(3, { pool_stride: 1 }), "Every cell of the picture is read by 1 to 4 windows.");
  assert.equal(text(3, { pool_size: 1, dilation: 1 }), "Read by 1 window: 4 of 9 cells. By none: 5.");
});
