import assert from "node:assert/strict";
import { test } from "node:test";
import { loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import type { PaddingMode } from "../../src/engine/types";
import { CONVOLUTION_DEFAULTS, type ConvolutionSettings, pipelineRequest, repair, shapes } from "../../src/widgets/convolution_state";
import { droppedBy, fedBy, focusAt, termsAt, touchedBy, windowAt } from "../../src/widgets/focus";
import { remember } from "../../src/widgets/pictures";

let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));

function randomCase() {
  for (;;) {
    const shape = [whole(3, 9), whole(3, 9), ...(random() < 0.4 ? [3] : [])];
    const count = shape.reduce((a, b) => a * b, 1);
    const descriptor = { name: "", label: "", shape, dtype: "float32" as const, id: `test-${seed}` };
    const picture = remember(descriptor, Array.from({ length: count }, () => whole(-9, 9)));
    const [height, width] = [whole(1, 4), whole(1, 4)];
    const settings: ConvolutionSettings = {
      ...CONVOLUTION_DEFAULTS,
      image: descriptor,
      kernel: Array.from({ length: height }, () => Array.from({ length: width }, () => whole(-3, 3))),
      stride: whole(1, 3),
      dilation: whole(1, 2),
      padding: pick(["valid", "same", "half", "full", 1, 2]),
      padding_mode: pick<PaddingMode>(["zeros", "reflect", "replicate", "circular"]),
      flip: random() < 0.5,
      bias: whole(-2, 2),
      pooling: pick(["none", "none", "max", "average"]),
      pool_size: whole(1, 3),
      pool_stride: whole(1, 3),
      channels: pick(["red", "sum"]),
    };
    const sizes = shapes(settings);
    if (typeof sizes !== "string") return { picture, settings, sizes };
  }
}

test("at every cell the terms that are shown add up to the engine's result", async () => {
  const engine = await loadEngine();
  for (let i = 0; i < 200; i++) {
    const { picture, settings, sizes } = randomCase();
    const result = run(engine, pipelineRequest(settings, picture, sizes));
    assert.deepEqual([result.feature.height, result.feature.width], sizes.feature);
    assert.deepEqual([result.output.height, result.output.width], sizes.output);
    for (let cell = 0; cell < sizes.output[0] * sizes.output[1]; cell++) {
      const at = [Math.floor(cell / sizes.output[1]), cell % sizes.output[1]] as const;
      const focus = focusAt(at, settings, sizes, result);
      const terms = termsAt(focus.window, settings, result.selected).flat();
      const sum = terms.reduce((total, { value, weight }) => total + value * weight, settings.bias);
      const feature = result.feature.data[focus.feature[0] * sizes.feature[1] + focus.feature[1]];
      assert.equal(feature, sum);
    }
  }
});

test("an input cell feeds just those outputs whose windows hold it", () => {
  for (let i = 0; i < 200; i++) {
    const { settings, sizes } = randomCase();
    const plain = { ...settings, pooling: "none" as const };
    const cell = [whole(0, sizes.input[0] - 1), whole(0, sizes.input[1] - 1)] as const;
    const fed = fedBy(cell, plain, { ...sizes, output: sizes.feature });
    const rows = new Set(fed.rows);
    for (let row = 0; row < sizes.feature[0]; row++) {
      assert.equal(windowAt([row, 0], plain, sizes).rows.includes(cell[0]), rows.has(row));
    }
  }
});

test("a weight touches one input row for each output row", () => {
  const { settings, sizes } = randomCase();
  assert.equal(touchedBy([0, 0], settings, sizes).rows.length, sizes.feature[0]);
  assert.equal(touchedBy([0, 0], settings, sizes).rows[0], -sizes.pad[0]);
});

test("what the rounding leaves out: 28 wide, kernel 3, stride 2, no padding loses the last column", () => {
  const settings = { ...CONVOLUTION_DEFAULTS, kernel: [[1, 1, 1], [1, 1, 1], [1, 1, 1]], stride: 2, padding: "valid" as const };
  const sizes = shapes(settings, [28, 28]);
  assert.ok(typeof sizes !== "string");
  assert.deepEqual(sizes.output, [13, 13]);
  assert.deepEqual(droppedBy(settings, sizes), { rows: [27], columns: [27] });
});

test("settings that do not fit say the rule, and are repaired with as little as it takes", () => {
  const settings = { ...CONVOLUTION_DEFAULTS, kernel: Array.from({ length: 7 }, () => Array(7).fill(1)), padding: "valid" as const };
  const small = { ...settings.image, shape: [5, 5] };
  assert.match(String(shapes({ ...settings, image: small })), /7 × 7.*5 × 5/);
  assert.deepEqual(repair({ ...settings, image: small }), { padding: "same" });
  assert.deepEqual(repair({ ...settings, image: { ...small, shape: [9, 9] } }), {});
  const reflecting = { ...settings, padding: 6, padding_mode: "reflect" as const, image: small };
  assert.deepEqual(repair(reflecting), { padding_mode: "zeros" });
});
