/** The one-dimensional explorer in the page: numbers, sizes, questions. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadEngine } from "../../src/engine/load";
import { sumOf } from "../../src/widgets/convolution1d";
import {
  SIGNAL_DEFAULTS,
  type SignalSettings,
  type SignalSizes,
  comparedPads,
  placeOf,
  runSignal,
  signalRequest,
  signalSizes,
} from "../../src/widgets/convolution1d_state";
import { CELLS, LAGS, STEP, knotsOf, metBy, sampleCurve, timeOf } from "../../src/widgets/curves";
import { difference } from "../../src/widgets/paddings_panel";
import { altered, ofLength } from "../../src/widgets/series_editors";
import { signalCode } from "../../src/widgets/signal_code";
import { choiceOf, signalQuestions } from "../../src/widgets/signal_questions";

interface Case {
  settings: Partial<SignalSettings>;
  output: number[];
  code: Record<string, string>;
}

const cases = JSON.parse(readFileSync("../tests/fixtures/signals.json", "utf8")) as Case[];

function settle(change: Partial<SignalSettings>): { settings: SignalSettings; sizes: SignalSizes } {
  const settings = { ...SIGNAL_DEFAULTS, ...change };
  const sizes = signalSizes(settings);
  assert.notEqual(typeof sizes, "string", String(sizes));
  return { settings, sizes: sizes as SignalSizes };
}

async function solve(change: Partial<SignalSettings>) {
  const { settings, sizes } = settle(change);
  return { settings, sizes, result: runSignal(await loadEngine(), signalRequest(settings, sizes)) };
}

test("the page gives Python's numbers and Python's programs", async () => {
  assert.ok(cases.length > 20);
  for (const { settings, output, code } of cases) {
    const { settings: whole, result } = await solve(settings);
    const scale = Math.max(...output.map(Math.abs), 1);
    assert.equal(result.output.length, output.length, JSON.stringify(settings));
    output.forEach((value, i) => {
      assert.ok(Math.abs((result.output[i] as number) - value) <= 2e-6 * scale, `${JSON.stringify(settings)} at ${i}`);
    });
    for (const tab of signalCode(whole)) assert.equal(tab.code, code[tab.value], JSON.stringify(settings));
  }
});

test("the two arrays of nine values", async () => {
  assert.deepEqual([...(await solve({})).result.output], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual([...(await solve({ signal: "bars" })).result.output], [0, 1, 0, -1, 0, 1, 0, -1, 0]);
  const flipped = (await solve({ signal: "bars", flip: true })).result.output;
  assert.deepEqual([...flipped].map((value) => value + 0), [0, -1, 0, 1, 0, -1, 0, 1, 0]);
});

test("box with box is the triangle, everywhere", async () => {
  const { result } = await solve({ mode: "continuous", flip: true });
  result.output.forEach((value, i) => assert.equal(value, Math.max(1 - Math.abs((i - LAGS) * STEP), 0)));
});

test("the sum that is shown is that of the output", async () => {
  for (const change of [{}, { flip: true, kernel: "rising", padding: "causal", dilation: 2 }, { kernel: "mean4", padding: "same", stride: 3 }] as const) {
    const view = await solve(change);
    view.result.output.forEach((value, i) => {
      const sum = sumOf(view, i)?.sum;
      assert.equal(sum?.kind, "convolution");
      const total = sum?.kind === "convolution" ? sum.terms.flat().reduce((a, { value: x, weight }) => a + x * weight, 0) : NaN;
      assert.ok(Math.abs(total - value) < 1e-6);
    });
  }
});

test("a kernel that spans more than the padded signal is refused by rule", () => {
  assert.equal(
    signalSizes({ ...SIGNAL_DEFAULTS, signal: [1, 2, 3], kernel: [1, 1, 1], dilation: 2 }),
    "The kernel spans 5 cells, more than the padded signal's 3.",
  );
});

test("an output stands under the middle of its window, a causal one under its last cell", () => {
  const { settings, sizes } = settle({ padding: "same", kernel: "binomial" });
  assert.equal(placeOf(3, settings, sizes.taps, sizes.pad[0]), 3);
  const causal = settle({ padding: "causal", kernel: "binomial", dilation: 2 });
  assert.equal(placeOf(3, causal.settings, 3, causal.sizes.pad[0]), 3);
});

test("the difference of the paddings is named", async () => {
  const said = async (change: Partial<SignalSettings>) => {
    const { settings, sizes, result } = await solve(change);
    assert.ok(result.compared);
    return difference(comparedPads(settings, sizes), result.compared);
  };
  assert.match(await said({ kernel: "binomial", stride: 2 }), /pads 0 \+ 1, “half” 1 \+ 1, so every window of “half” lies 1 cell further left/);
  assert.match(await said({ kernel: "binomial" }), /agree here: both pad 1 \+ 1\. .*is “half” here/);
  assert.match(await said({ kernel: "mean4" }), /pads 2 \+ 2 about this even kernel: 11 values, where “half” gives 10, each of them 1 cell further left/);
});

test("g meets f reversed in a convolution, as it is in a correlation", () => {
  const middle = CELLS / 2;
  // At s = 0 a convolution pairs τ with −τ, a correlation τ with τ.
  assert.equal(timeOf(metBy(middle + 3, 0, true)), -timeOf(middle + 3));
  assert.equal(metBy(middle + 3, 0, false), middle + 3);
  assert.ok(Math.abs(timeOf(metBy(middle, 16, true)) - (16 * STEP - timeOf(middle))) < 1e-12);
});

test("a hand draws on from what is there, and zero lies beyond", () => {
  const knots = knotsOf("triangle", 2);
  assert.equal(knots.length, 65);
  assert.equal(knots[32], 1);
  const samples = sampleCurve(knots, 1);
  assert.equal(samples[0], 0);
  assert.ok(Math.abs((samples[CELLS / 2] as number) - (1 - 1 / 64)) < 1e-6);
});

test("sequences change at one place, and in length by zeros", () => {
  assert.deepEqual(altered([1, 2, 3], 1, 9), [1, 9, 3]);
  assert.deepEqual(ofLength([1, 2], 4), [1, 2, 0, 0]);
  assert.deepEqual(ofLength([1, 2, 3], 2), [1, 2]);
});

async function asked(change: Partial<SignalSettings>, index = 0) {
  const view = await solve(change);
  return { settings: view.settings, result: view.result, sum: sumOf(view, index) };
}

async function reply(key: string, answer: number | string, change: Partial<SignalSettings>, index = 0) {
  const now = await asked(change, index);
  const question = signalQuestions(() => now).find((one) => one.key === key);
  assert.ok(question?.ask(), key);
  return (question as NonNullable<typeof question>).reply([answer]);
}

test("a wrong length names what was forgotten", async () => {
  const change = { signal: "noisy_step", kernel: "binomial", padding: 1, stride: 2 } as const;
  assert.deepEqual(await reply("size", 6, change), { right: true, text: "Yes, 6." });
  assert.match((await reply("size", 5, change)).text, /\+ 1/);
  assert.match((await reply("size", 6.5, change)).text, /rounded down/);
  assert.match((await reply("size", 12, change)).text, /stride 1/);
  assert.match((await reply("size", 12, { ...change, stride: 1, padding: 2 })).text, /both sides/);
});

test("a wrong value names the forgotten flip", async () => {
  const change = { signal: "count", kernel: "rising", flip: true } as const;
  assert.equal((await reply("value", 10, change)).right, true);
  const wrong = await reply("value", 14, change);
  assert.equal(wrong.right, false);
  assert.match(wrong.text, /turn|flip|revers/i);
});

test("of two shapes one is right, and the reply says why", async () => {
  const boxes = { mode: "continuous", flip: true } as const;
  assert.equal((await reply("shape", "a triangle", boxes)).right, true);
  assert.match((await reply("shape", "a box twice as wide", boxes)).text, /^No: a triangle\. The overlap/);
  assert.equal((await reply("shape", "a trapezoid", { ...boxes, f_width: 2 })).right, true);
  const rows = await asked({});
  const choice = choiceOf(rows);
  assert.equal(choice?.right, "0  0  0  0  1  0  0  0  0");
  assert.equal(choice?.wrong, "0  0  0  0  −1  0  0  0  0");
  assert.equal(choiceOf(await asked({ mode: "continuous", f: "sine" })), null);
});
