/** Networks that Python counts too: one file for both. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Row, type ShortLayer, fullLayer, totals, trace } from "../../src/engine/layers";
import { loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import { type Cells, drawWeights, fedUnits, seenCells, sidesOf } from "../../src/engine/receptive";
import type { Maps, Pair } from "../../src/engine/types";
import { networkCode } from "../../src/widgets/network_code";

interface Case {
  name: string;
  input_shape: number[];
  layers: ShortLayer[];
  rows: unknown[][];
  totals: Record<string, number>;
  code: { keras: string; torch: string };
  seen?: { index: number; unit: number[]; cells: Cells[] };
  fed?: { cell: number[]; units: Cells[] };
  fields?: { index: number; unit: Pair; seed: number | null; field: number[]; maps: number[]; sides: Pair }[];
}

const cases = JSON.parse(readFileSync("../tests/fixtures/layers.json", "utf8")) as Case[];

for (const { name, layers, input_shape: shape, ...expected } of cases) {
  const rows = trace(layers.map(fullLayer), shape);

  test(`${name}: the table`, () => {
    assert.deepEqual(rows.map(told), expected.rows);
    const { multiplyAdds: multiply_adds, denseMultiplyAdds: dense_multiply_adds, ...others } = totals(rows);
    assert.deepEqual({ ...others, multiply_adds, dense_multiply_adds }, expected.totals);
  });

  test(`${name}: the code`, () => {
    assert.equal(networkCode("keras", rows, shape), expected.code.keras);
    assert.equal(networkCode("torch", rows, shape), expected.code.torch);
  });

  test(`${name}: who sees and feeds whom`, () => {
    const { seen, fed } = expected;
    if (seen) assert.deepEqual(seenCells(rows, seen.index, seen.unit), seen.cells);
    if (fed) assert.deepEqual(fedUnits(rows, fed.cell), fed.units);
  });

  for (const field of expected.fields ?? []) {
    test(`${name}: the effective field of layer ${field.index}, seed ${field.seed}`, async () => {
      const engine = await loadEngine();
      const image = picture(sidesOf(shape)[2] > 1);
      const result = run(engine, { kind: "field", image, white: 255, shape, rows, index: field.index, unit: field.unit, seed: field.seed });
      assert.deepEqual([result.field.height, result.field.width], field.sides);
      close(everySeventh(result.field.data), field.field);
      close(everySeventh(result.maps.data), field.maps);
    });
  }
}

test("weights are drawn as in Python", () => {
  assert.deepEqual([...drawWeights(2, 0, 0)].map((value) => Number(value.toFixed(4))), [-0.4671, -0.9993]);
});

function told(row: Row): unknown[] {
  return [
    row.name, row.output, row.positions, row.weights, row.biases, row.frozen,
    row.multiplyAdds, row.unshared, row.dense, row.denseMultiplyAdds,
    row.axes.map(({ kernel, stride, before, after, dilation }) => [kernel, stride, before, after, dilation]),
    row.reach.map(({ size, jump, start }) => [size, jump, start]),
    row.rule,
  ];
}

/** Grey, or three colours, by the formula that the fixture's script has. */
function picture(coloured: boolean, height = 31, width = 24): Maps {
  const plane = Float32Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return (row * 37 + column * column * 11 + row * column * 5) % 256;
  });
  if (!coloured) return { data: plane, channels: 1, height, width };
  const data = Float32Array.from([...plane, ...plane.map((v) => v / 2), ...plane.map((v) => 255 - v)]);
  return { data, channels: 3, height, width };
}

function everySeventh(data: Float32Array): number[] {
  return [...data].filter((_, i) => i % 7 === 0);
}

function close(got: number[], expected: number[]): void {
  assert.equal(got.length, expected.length);
  const scale = Math.max(...expected.map(Math.abs)) || 1;
  for (const [i, value] of got.entries()) assert.ok(Math.abs(value - (expected[i] as number)) < 1e-4 * scale, `${i}: ${value} ${expected[i]}`);
}
