import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bounds, cellAfterKey } from "../../src/views/cellKeys";
import { neighbourhood } from "../../src/views/magnifier";
import { blocks, hasHoles, hull, rectangle, runs, within } from "../../src/views/regions";
import { altered, turned, weightStep, weightTexts } from "../../src/views/weights";

const bounds: Bounds = { top: -1, bottom: 20, left: 0, right: 30 };
const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  cellAfterKey({ key, ...held } as KeyboardEvent, [5, 5], bounds);

test("keys move within the bounds", () => {
  assert.deepEqual(press("ArrowUp"), [4, 5]);
  assert.deepEqual(press("ArrowLeft", { shiftKey: true }), [5, 0]);
  assert.deepEqual(press("PageUp"), [-1, 5]);
  assert.deepEqual(press("PageDown"), [15, 5]);
  assert.deepEqual(press("Home"), [5, 0]);
  assert.deepEqual(press("End", { ctrlKey: true }), [20, 30]);
  assert.deepEqual(cellAfterKey({ key: "ArrowRight" } as KeyboardEvent, [20, 30], bounds), [20, 30]);
});

test("other keys and the host's shortcuts are left alone", () => {
  for (const key of ["Enter", " ", "a", "Tab", "Escape"]) assert.equal(press(key), null);
  assert.equal(press("ArrowUp", { ctrlKey: true }), null);
  assert.equal(press("ArrowUp", { altKey: true }), null);
  assert.equal(press("Home", { metaKey: true }), null);
});

test("a region falls into blocks of touching cells", () => {
  assert.deepEqual(runs([5, 1, 2, 3]), [
    [1, 3],
    [5, 5],
  ]);
  assert.equal(blocks({ rows: [0, 1, 2], columns: [4, 5, 6] }).length, 1);
  assert.equal(blocks({ rows: [0, 2, 4], columns: [0, 2, 4] }).length, 9);
  assert.equal(blocks({ rows: [], columns: [1] }).length, 0);
  assert.ok(hasHoles({ rows: [0, 2], columns: [0] }) && !hasHoles({ rows: [0, 1], columns: [0] }));
  assert.deepEqual(hull({ rows: [-2, 0, 2], columns: [3] }), { rows: [-2, -1, 0, 1, 2], columns: [3] });
  assert.deepEqual(within({ rows: [-1, 0, 9], columns: [2] }, 0, 5, 0, 5), { rows: [0], columns: [2] });
  assert.equal(rectangle({ left: 0, top: 1.04, right: 2.25, bottom: 3 }), "M0 1H2.3V3H0Z");
});

test("the magnifier is centred on what is read and stays where there are cells", () => {
  assert.deepEqual(neighbourhood([87, 88, 89], 0, 255), { first: 85, count: 7 });
  assert.deepEqual(neighbourhood([-1, 0, 1], -1, 256), { first: -1, count: 7 });
  assert.deepEqual(neighbourhood([254, 255, 256], -1, 256), { first: 250, count: 7 });
  assert.deepEqual(neighbourhood([0, 2, 4], -2, 30), { first: -2, count: 9 });
  assert.deepEqual(neighbourhood([0, 1], 0, 3), { first: 0, count: 4 });
  assert.deepEqual(neighbourhood(undefined, 0, 100), { first: 47, count: 7 });
  assert.equal(
    neighbourhood(
      Array.from({ length: 15 }, (_, i) => 8 * i),
      -56,
      400,
    ).count,
    39,
  );
});

test("a step alters whole weights by one and fractions by a hundredth or so", () => {
  assert.equal(
    weightStep([
      [
        [1, -2],
        [0, 4],
      ],
    ]),
    1,
  );
  assert.equal(weightStep([[[0, 0]]]), 1);
  assert.equal(weightStep([[[0.5, 0.25]]]), 0.01);
  assert.equal(weightStep([[[1 / 9]]]), 0.01);
  assert.equal(altered(0.1, 0.2), 0.3);
  assert.equal(altered(0.3, -0.3), 0);
  assert.ok(Object.is(altered(-1, 1), 0));
});

test("the type of a kernel's numbers follows the width of its cells", () => {
  const wide = weightTexts([[-1, 0, 1]], 90, 1);
  assert.deepEqual(wide.texts, ["−1", "0", "+1"]);
  assert.ok(wide.size >= 18);
  assert.deepEqual(weightTexts([[1 / 9, -0.5]], 40, 1).texts, ["0.111", "−0.5"]);
  const narrow = weightTexts([[0.01767, -0.5]], 24, 1);
  assert.ok(narrow.size >= 7 && narrow.texts.every((text) => text.length <= 4));
});

test("half a turn", () => {
  assert.deepEqual(
    turned([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    [
      [6, 5, 4],
      [3, 2, 1],
    ],
  );
});
