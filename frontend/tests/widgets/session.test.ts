import assert from "node:assert/strict";
import { test } from "node:test";
import { type StaticPayload, staticModel } from "../../src/hosts/static_model";
import { Session } from "../../src/widgets/session";
import { linkFragment, stateFromLink } from "../../src/widgets/share";

const payload = (state: Record<string, unknown>): StaticPayload => ({ widget: "test", state, images: {}, pictures: [] });
const turn = () => new Promise((resolve) => setTimeout(resolve));

function session(state: Record<string, unknown> = { stride: 1, view: "explore" }) {
  const changes: string[][] = [];
  const model = staticModel(payload(state));
  const made = new Session({
    model,
    defaults: { stride: 1, view: "explore" },
    undoable: ["stride"],
    onChange: (changed) => changes.push([...changed].sort()),
  });
  return { made, model, changes };
}

test("a patch of many keys is told once, and equal values not at all", async () => {
  const { made, changes } = session();
  made.set({ stride: 2, view: "step" });
  await turn();
  made.set({ stride: 2 });
  await turn();
  assert.deepEqual(changes, [["stride", "view"]]);
});

test("the changes of one gesture are one step of undo, and what is not undoable is none", async () => {
  const { made } = session();
  for (const patch of [{ stride: 2 }, { stride: 3 }, { view: "step" }]) {
    made.set(patch);
    await turn();
  }
  assert.equal(made.canUndo, true);
  made.undo();
  await turn();
  assert.deepEqual(made.state, { stride: 1, view: "step" });
  assert.equal(made.canUndo, false);
  made.redo();
  await turn();
  assert.equal(made.state.stride, 3);
});

test("after a gesture has settled the next change is a step of its own", async () => {
  const { made } = session();
  made.set({ stride: 2 });
  await turn();
  made.settle();
  made.set({ stride: 3 });
  await turn();
  made.undo();
  await turn();
  assert.equal(made.state.stride, 2);
  made.undo();
  assert.equal(made.state.stride, 1);
});

test("reset goes back to the start and can itself be undone", async () => {
  const { made } = session({ stride: 4, view: "explore" });
  assert.equal(made.isAtStart, true);
  made.set({ stride: 2 });
  await turn();
  made.settle();
  made.reset();
  await turn();
  assert.equal(made.state.stride, 4);
  made.undo();
  assert.equal(made.state.stride, 2);
});

test("what another view or Python changes can be undone here", async () => {
  const { made, model, changes } = session();
  const other = new Session({ model, defaults: { stride: 1, view: "explore" }, undoable: ["stride"], onChange: () => undefined });
  other.set({ stride: 5 });
  await turn();
  assert.equal(made.state.stride, 5);
  assert.deepEqual(changes, [["stride"]]);
  made.undo();
  assert.equal(other.state.stride, 1);
});

test("a link brings the state back; other widgets' links, broken and foreign ones bring nothing", () => {
  const state = { widget: "test", stride: 3, note: "Größe 3 × 3 →" };
  const fragment = linkFragment(state);
  assert.deepEqual(stateFromLink(String(fragment), "test"), state);
  assert.equal(stateFromLink(String(fragment), "other"), null);
  assert.equal(stateFromLink("#section-2", "test"), null);
  assert.equal(stateFromLink("#convwidget=%%%", "test"), null);
  assert.equal(linkFragment({ widget: "test", data: "x".repeat(9000) }), null);
});
