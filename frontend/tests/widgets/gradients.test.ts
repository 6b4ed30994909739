/** The gradient explorer's numbers and programs: the same as Python's, and what is told of them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { randomStart, throws } from "../../src/engine/dice";
import { leastSquares } from "../../src/engine/leastSquares";
import { loadEngine } from "../../src/engine/load";
import { decades, tick } from "../../src/views/curve";
import { type BackwardResult, runBackward } from "../../src/widgets/backward";
import { gradientCode } from "../../src/widgets/code";
import { type LearnResult, runDescent } from "../../src/widgets/descent";
import type { Frame } from "../../src/widgets/explorer";
import { fromFrame } from "../../src/widgets/gradient_frames";
import { hasTried, verdictOf } from "../../src/widgets/gradient_learn";
import { gradientMistakes } from "../../src/widgets/gradient_questions";
import {
  GRADIENT_DEFAULTS,
  type GradientSettings,
  type GradientShapes,
  gradientShapes,
  refitted,
} from "../../src/widgets/gradient_state";
import { agreement, gradientSize, gradientSum } from "../../src/widgets/gradient_sums";

interface Case {
  settings: GradientSettings;
  results: Record<string, number[]>;
  programs: Record<string, string>;
}

const cases = JSON.parse(readFileSync("../tests/fixtures/gradients.json", "utf8")) as Case[];
const plain: GradientSettings = GRADIENT_DEFAULTS;

/** Near the end of learning, what is left is rounding: hence the least scale. */
function near(found: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length, what);
  const scale = Math.max(...expected.map(Math.abs), 0.01);
  expected.forEach((value, i) => {
    const gap = Math.abs((found[i] as number) - value);
    assert.ok(gap <= 1e-3 * Math.abs(value) + 1e-4 * scale, `${what}[${i}]: ${found[i]} is not ${value}`);
  });
}

async function pass(settings: Partial<GradientSettings>) {
  const whole = { ...plain, ...settings };
  const sizes = gradientShapes(whole) as GradientShapes;
  return { settings: whole, sizes, result: runBackward(await loadEngine(), whole, sizes) };
}

test("the page computes what Python computes", async () => {
  const engine = await loadEngine();
  for (const { settings, results } of cases) {
    const sizes = gradientShapes(settings);
    assert.ok(typeof sizes !== "string", JSON.stringify(settings));
    const found: Record<string, ArrayLike<number>> = {};
    if (settings.task === "learn") {
      const run: LearnResult = runDescent(engine, settings, sizes);
      Object.assign(found, {
        output: run.output.data,
        upstream: run.upstream.data,
        grad_weight: run.gradient.data,
        learned: run.learned.data,
        losses: run.losses,
        target_output: run.target.data,
        least_squares: run.leastSquares.data,
        largest_rate: [run.largestRate],
      });
    } else {
      const run: BackwardResult = runBackward(engine, settings, sizes);
      const { gradients, numeric } = run;
      Object.assign(found, {
        output: run.output.data,
        upstream: run.upstream.data,
        grad_input: gradients.input.data,
        numeric_input: numeric.input,
        ...(run.index && { index: run.index }),
        ...(gradients.weight && { grad_weight: gradients.weight.data, grad_bias: [gradients.bias] }),
        ...(numeric.weight && { numeric_weight: numeric.weight, numeric_bias: [numeric.bias] }),
      });
    }
    assert.deepEqual(Object.keys(found).sort(), Object.keys(results).sort());
    for (const [name, expected] of Object.entries(results)) near(found[name] as ArrayLike<number>, expected, name);
  }
});

test("what Python's engine sends is shown as the page's own result", async () => {
  const engine = await loadEngine();
  for (const { settings, results } of cases) {
    const sizes = gradientShapes(settings) as GradientShapes;
    const own = settings.task === "learn" ? runDescent(engine, settings, sizes) : runBackward(engine, settings, sizes);
    const shapes: Record<string, readonly number[]> = {
      grad_input: sizes.input,
      numeric_input: sizes.input,
      output: sizes.output,
      upstream: sizes.output,
      target_output: sizes.output,
      index: sizes.output,
    };
    const limit = results["largest_rate"]?.[0];
    const frame: Frame = Object.fromEntries(
      Object.entries({ ...results, ...(limit !== undefined && { curvatures: [1, 2 / limit] }) }).map(([name, data]) => {
        const [height, width] = data.length > 1 ? (shapes[name] ?? sizes.window) : [1, 1];
        return [name, { data: Float32Array.from(data), shape: [1, height as number, width as number] }];
      }),
    );
    const sent = fromFrame(frame, settings, sizes);
    assert.deepEqual(Object.keys(sent).sort(), Object.keys(own).sort());
    near(sent.output.data, [...own.output.data], "output");
    near(sent.input.data, [...own.input.data], "input");
    if (sent.task === "learn" && own.task === "learn") {
      near(sent.losses, [...own.losses], "losses");
      near([sent.largestRate], [own.largestRate], "largest rate");
    } else if (sent.task === "backward" && own.task === "backward") {
      near(sent.gradients.input.data, [...own.gradients.input.data], "gradient of the input");
      assert.equal(sent.kernel === null, own.kernel === null);
      assert.deepEqual(sent.index, own.index);
    }
  }
});

test("the page writes the programs that Python writes", () => {
  for (const { settings, programs } of cases) {
    const tabs = Object.fromEntries(gradientCode(settings).map(({ value, code }) => [value, code]));
    assert.deepEqual(tabs, programs);
  }
});

test("the terms that are shown add up to the engine's gradient, in every cell", async () => {
  for (const { settings } of cases.filter((each) => each.settings.task === "backward")) {
    const now = await pass(settings);
    const kinds = settings.operation === "convolution" ? (["weight", "input", "bias"] as const) : (["input"] as const);
    for (const which of kinds) {
      const [rows, columns] = gradientSize(which, now.sizes);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const { terms, places, result } = gradientSum(which, [row, column], now);
          assert.equal(places.length, terms.length);
          const sum = terms.reduce((total, { value, weight }) => total + value * weight, 0);
          assert.ok(Math.abs(sum - result) <= 1e-4 * (Math.abs(result) + 10), `${which} ${row} ${column}`);
        }
      }
    }
  }
});

test("the closed form finds the kernel, the smallest one where many do as well", () => {
  const rows = [[1, 2], [3, 4], [5, 6]];
  const { solution, eigenvalues } = leastSquares(rows, [-3, -5, -7]);
  near(solution, [1, -2], "solution");
  near(eigenvalues, [0.2654, 90.7346], "eigenvalues");
  near(leastSquares([[1, 1], [2, 2]], [2, 4]).solution, [1, 1], "the smallest");
});

test("a seed throws what it throws in Python", () => {
  assert.deepEqual(throws(1, 5, 10), [6, 0, 5, 9, 9]);
  assert.ok(randomStart(500, 3).every((value) => Math.abs(value) <= 1));
});

test("a wrong answer is named by what lies behind it", async () => {
  const convolution = await pass({ image: [[1, 2, 0], [0, 1, 3], [2, 0, 1]], kernel: [[1, 2], [3, 5]], upstream: [[1, 2], [4, 3]] });
  const keyOf = (which: "weight" | "input", cell: [number, number], value: number) =>
    gradientMistakes(gradientSum(which, cell, convolution), convolution).find((each) => Math.abs(each.value - value) < 1e-6)?.key;
  // At the middle: 1·5 + 2·3 + 4·2 + 3·1 = 22; not turned it would be 1·1 + 2·2 + 4·3 + 3·5 = 32.
  assert.equal(gradientSum("input", [1, 1], convolution).result, 22);
  assert.equal(keyOf("input", [1, 1], 32), "predict.forgotFlip");
  const weight = gradientSum("weight", [0, 0], convolution).result;
  assert.equal(keyOf("weight", [0, 0], weight / 4), "predict.averagedGradient");
  assert.equal(keyOf("weight", [0, 0], 4), "predict.noUpstream");
  const pooled = await pass({ operation: "max", image: "quarters", stride: 2, upstream: [[8, 2], [3, 4]] });
  const [first] = gradientMistakes(gradientSum("input", [0, 1], pooled), pooled);
  assert.deepEqual(first, { value: 2, key: "predict.sharedNotRouted" });
});

test("what is said of a run follows from its losses", async () => {
  const engine = await loadEngine();
  const said = (settings: Partial<GradientSettings>) => {
    const whole: GradientSettings = { ...plain, task: "learn", image: "dice", ...settings };
    const result = runDescent(engine, whole, gradientShapes(whole) as GradientShapes);
    return { text: verdictOf({ settings: whole, result }), tried: hasTried({ settings: whole, result }) };
  };
  assert.match(said({}).text, /^Press play/);
  assert.equal(said({}).tried, false);
  assert.match(said({ step: 10 }).text, /^Going down/);
  assert.equal(said({ step: 10 }).tried, true);
  assert.match(said({ step: 90, rate: 0.4 }).text, /^Found/);
  assert.match(said({ step: 30, rate: 1 }).text, /^It diverges: a rate of 1 is more than 2\/λ = 0\.765/);
  assert.match(said({ step: 200, rate: 9 }).text, /until float32 had no numbers left/);
  assert.match(said({ step: 40, image: "ramp", rate: 0.05 }).text, /flat|slowly/);
});

test("an upstream gradient of one's own is cut or filled when the output changes its size", () => {
  const settings = { ...plain, upstream: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] };
  assert.deepEqual(refitted({ stride: 2 }, settings), { stride: 2, upstream: [[1, 2], [4, 5]] });
  const larger = refitted({ padding: 1 }, settings).upstream as number[][];
  assert.deepEqual(larger[0], [1, 2, 3, 0, 0]);
  assert.deepEqual(refitted({ bias: 1 }, settings), { bias: 1 });
});

test("agreement is counted in digits of the greatest value", () => {
  assert.equal(agreement(7, 7, 7), Infinity);
  assert.equal(agreement(7, 7.0005, 7), 4);
  assert.equal(agreement(0, 0.5, 1), 0);
});

test("axes have whole powers of ten and round steps", () => {
  assert.deepEqual(decades([[10, 0.02, 0, NaN]]), [-2, 1]);
  assert.deepEqual(decades([[0, Infinity]]), [-1, 1]);
  assert.deepEqual(decades([[]]), [-1, 1]);
  assert.equal(tick(60), 10);
  assert.equal(tick(1), 1);
  assert.equal(tick(1000), 200);
});
