/** What a network's table says to a learner, and networks read from code. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ShortLayer, fullLayer, parametersOf, trace } from "../../src/engine/layers";
import { networkOf, presets } from "../../src/widgets/architecture_state";
import { parameterFactors, workFactors } from "../../src/widgets/layer_facts";
import { parametersReply, shapeReply } from "../../src/widgets/layer_replies";
import { seenText, tableRows } from "../../src/widgets/microscope";
import { fieldMistakes } from "../../src/widgets/network_questions";
import { readNetwork } from "../../src/widgets/network_reading";
import { counts } from "../../src/widgets/network_tables";

const cases = JSON.parse(readFileSync("../tests/fixtures/layers.json", "utf8")) as {
  name: string;
  input_shape: number[];
  layers: ShortLayer[];
  rows: [string, number[] | null][];
  code: { keras: string; torch: string };
}[];

const preset = (name: string) => {
  const found = presets.find((one) => one.name === name);
  assert.ok(found);
  return found;
};
const rowsOf = (name: string) => trace(preset(name).layers, preset(name).input_shape);

test("every preset is in the list, in a group", () => {
  const names = cases.map(({ name }) => name).filter((name) => !name.includes(" ") && name !== "features");
  assert.deepEqual(presets.map(({ name }) => name).sort(), names.sort());
});

for (const { name, input_shape: shape, rows, code } of cases.filter((one) => one.rows.every(([, output]) => output))) {
  test(`${name}: its code is read back`, () => {
    for (const framework of ["keras", "torch"] as const) {
      const read = readNetwork(code[framework], shape);
      assert.ok(typeof read !== "string", String(read));
      assert.deepEqual(read.input, shape);
      // PyTorch's dense layer on maps is a convolution of 1 × 1, and its padding may be a layer.
      const outputs = trace(read.layers, read.input).map(({ output }) => output);
      assert.deepEqual(outputs, rows.map(([, output]) => output), framework);
    }
  });
}

test("code as people write it is read", () => {
  const keras = `model = tf.keras.models.Sequential()
    model.add(layers.Conv2D(32, kernel_size=(3, 3), activation='relu', input_shape=(28, 28, 1)))  # first
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten()); model.add(Dense(10, activation="softmax", use_bias=False))`;
  const read = readNetwork(keras, [9, 9, 9]);
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.layers.map(({ kind }) => kind), ["conv2d", "relu", "max_pool2d", "flatten", "dense", "softmax"]);
  assert.deepEqual(trace(read.layers, read.input).map(parametersOf), [320, 0, 0, 0, 54080, 0]);
});

test("what cannot be read is said", () => {
  assert.match(String(readNetwork("x = 3", [28, 28, 1])), /No layer/);
  assert.match(String(readNetwork("nn.Conv2d(1, n, 3)", [28, 28, 1])), /Conv2d needs plain whole numbers/);
  assert.match(String(readNetwork("nn.TransformerEncoder(3)", [28, 28, 1])), /TransformerEncoder is not a layer/);
  assert.match(String(readNetwork("nn.Conv2d(1, 2", [28, 28, 1])), /bracket/);
  assert.match(String(readNetwork("Conv2D(2, 3, activation='gelu')", [28, 28, 1])), /gelu/);
});

test("a wrong number of parameters is answered by what was forgotten", () => {
  const [, row] = rowsOf("two_layers");
  assert.ok(row);
  for (const right of ["92", "3*3*5*2 + 2", "3×3×5×2+2"]) assert.equal(parametersReply(row, right), null);
  for (const [answer, words] of [
    ["90", /biases/],
    ["91", /one bias for each filter/],
    ["20", /input's channels/],
    ["46", /one filter/],
    ["3312", /shared/],
    ["7", /kernel rows × kernel columns/],
    ["many", /number/],
  ] as const) {
    assert.match(parametersReply(row, answer) ?? "", words);
  }
  const [dense] = trace([fullLayer({ kind: "dense", units: 10 })], [784]);
  assert.ok(dense);
  assert.equal(parametersReply(dense, "7,850"), null);
  assert.match(parametersReply(dense, "7840") ?? "", /one for each unit/);
  const [norm] = trace([fullLayer("batch_norm")], [8, 8, 3]);
  assert.ok(norm);
  assert.match(parametersReply(norm, "6") ?? "", /four numbers/);
});

test("a wrong shape is answered by what was forgotten", () => {
  const conv = (more: object) => trace([fullLayer({ kind: "conv2d", filters: 4, kernel_size: 3, ...more })], [28, 28, 1])[0];
  const reply = (more: object, answer: string) => {
    const row = conv(more);
    assert.ok(row);
    return shapeReply(row, answer) ?? "";
  };
  assert.equal(reply({}, "(None, 26, 26, 4)"), "");
  assert.equal(reply({}, "26 x 26 x 4"), "");
  assert.match(reply({}, "26, 26, 1"), /number of filters/);
  assert.match(reply({}, "4, 26, 26"), /Channels come last/);
  assert.match(reply({}, "28, 28, 4"), /makes the map smaller/);
  assert.match(reply({}, "25, 25, 4"), /steps \+ 1/);
  assert.match(reply({}, "26, 26"), /Write 3: rows, columns, channels/);
  assert.match(reply({ stride: 2 }, "26, 26, 4"), /stride/);
  assert.match(reply({ stride: 2 }, "14, 14, 4"), /rounded down/);
  assert.match(reply({ padding: "same" }, "26, 26, 4"), /padding/);
  assert.match(reply({ dilation: 2 }, "26, 26, 4"), /dilation/);
  const [pool, flat] = trace([fullLayer("max_pool2d"), fullLayer("flatten")], [28, 28, 64]);
  assert.ok(pool && flat);
  assert.match(shapeReply(pool, "14, 14, 1") ?? "", /each channel by itself/);
  assert.equal(shapeReply(flat, "12,544"), null);
  assert.match(shapeReply(flat, "14, 14, 64") ?? "", /product/);
});

test("factors multiply to the number of parameters and of multiply-adds", () => {
  for (const row of presets.flatMap(({ name }) => rowsOf(name))) {
    for (const terms of [parameterFactors(row), workFactors(row)]) {
      const number = (text: string) => Number(text.replaceAll(",", ""));
      const total = number(terms.at(-1)?.value ?? "0");
      const sum = terms.slice(0, -1).reduce((value, { sign, value: text }) => (sign === "+" ? value + number(text) : value * number(text)), 1);
      if (terms.length > 1) assert.equal(sum, total);
    }
  }
});

test("the recurrence of fields adds up in words and in numbers", () => {
  const rows = tableRows(rowsOf("stack_of_three_pooled"), null);
  assert.deepEqual(rows.map(({ size }) => size.value).slice(0, 5), ["3", "4", "8", "10", "18"]);
  assert.deepEqual(rows.map(({ size }) => size.sum).slice(0, 5), ["1 + 2·1 = ", "3 + 1·1 = ", "4 + 2·2 = ", "8 + 1·2 = ", "10 + 2·4 = "]);
  const { layers, input_shape } = preset("vgg16");
  const network = networkOf({ layers, input_shape, layer: null, position: [0, 0] } as never);
  assert.equal(network.rows[network.chosen]?.name, "conv2d_12");
  assert.match(seenText(network, [0, 0], [], input_shape), /sees 196 × 196 cells of the input, rows −90–105/);
  const mistakes = fieldMistakes(rowsOf("stack_of_three_pooled")).map(({ value }) => value);
  assert.deepEqual(mistakes, [13, 3, 18, 9]);
});

test("counts stand beside those of dense layers", () => {
  const { sums } = networkOf({ ...preset("alexnet_227"), layer: null, position: null } as never);
  const [parameters] = counts(sums, null);
  assert.equal(parameters?.text, "34,944");
  assert.deepEqual(parameters?.beside.map(({ text }) => text), ["105,705,600", "44,892,355,200"]);
});
