/** The worker's protocol, with Node's threads in the place of the browser's workers. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker as Thread } from "node:worker_threads";
import { loadEngine } from "../../src/engine/load";
import { run } from "../../src/engine/pipeline";
import type { PipelineRequest } from "../../src/engine/types";
import { EngineWorker } from "../../src/engine/worker";

let source: Promise<string> = Promise.resolve("");
const original = { createObjectURL: URL.createObjectURL, Worker: globalThis.Worker };

URL.createObjectURL = (blob) => {
  source = (blob as Blob).text();
  return "blob:worker";
};

class NodeWorker {
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onerror: (event: unknown) => void = () => undefined;
  readonly #thread = source.then((text) => {
    const bridge = `
      const { parentPort } = require("node:worker_threads");
      globalThis.self = { postMessage: (message, transfer) => parentPort.postMessage(message, transfer) };
      parentPort.on("message", (data) => self.onmessage({ data }));`;
    const thread = new Thread(bridge + text, { eval: true });
    thread.on("message", (data) => this.onmessage({ data }));
    thread.on("error", (error) => this.onerror(error));
    return thread;
  });

  postMessage(message: unknown): void {
    void this.#thread.then((thread) => thread.postMessage(message));
  }

  terminate(): void {
    void this.#thread.then((thread) => thread.terminate());
  }
}

globalThis.Worker = NodeWorker as unknown as typeof Worker;
after(() => {
  globalThis.Worker = original.Worker;
  URL.createObjectURL = original.createObjectURL;
});

const job: PipelineRequest = {
  kind: "convolution",
  image: { data: Float32Array.from({ length: 3 * 400 * 400 }, (_, i) => (i * 37) % 256), channels: 3, height: 400, width: 400 },
  channels: "sum",
  kernel: { data: Float32Array.from({ length: 81 }, (_, i) => i - 40), filters: 1, channels: 1, height: 9, width: 9 },
  stride: 1,
  pad: [4, 4, 4, 4],
  paddingMode: "reflect",
  dilation: 1,
  flip: false,
  bias: 1,
  activation: "abs",
  pooling: "max",
  poolSize: 2,
  poolStride: 2,
};

test("a worker answers what the page would, tells of its progress, and can be asked again", async () => {
  const worker = new EngineWorker();
  const seen: number[] = [];
  const expected = run(await loadEngine(), job);
  assert.deepEqual(await worker.run(job, (fraction) => seen.push(fraction)).promise, expected);
  assert.ok(seen.length > 2);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.deepEqual(await worker.run(job, () => undefined).promise, expected);
  worker.close();
});

test("a cancelled job ends, and the next one is answered", async () => {
  const worker = new EngineWorker();
  const first = worker.run(job, () => first.cancel());
  await assert.rejects(first.promise, { name: "Cancelled" });
  const early = worker.run(job, () => undefined);
  early.cancel();
  await assert.rejects(early.promise, { name: "Cancelled" });
  assert.equal((await worker.run(job, () => undefined).promise).output.height, 200);
  worker.close();
  await assert.rejects(worker.run(job, () => undefined).promise, { name: "Cancelled" });
});

test("a job that does not fit is refused by name", async () => {
  const worker = new EngineWorker();
  const { promise } = worker.run({ ...job, stride: 0 }, () => undefined);
  await assert.rejects(promise, { name: "EngineError", message: /stride must be whole from 1/ });
  worker.close();
});

test("where the page refuses workers, that is said at once and of every later job", async () => {
  class Refused extends NodeWorker {
    override postMessage(): void {
      queueMicrotask(() => this.onerror(new Error("refused")));
    }
  }
  globalThis.Worker = Refused as unknown as typeof Worker;
  const worker = new EngineWorker();
  await assert.rejects(worker.run(job, () => undefined).promise, { name: "WorkerRefused" });
  await assert.rejects(worker.run(job, () => undefined).promise, { name: "WorkerRefused" });
  worker.close();
  globalThis.Worker = class {
    constructor() {
      throw new Error("SecurityError");
    }
  } as unknown as typeof Worker;
  assert.throws(() => new EngineWorker(), { name: "WorkerRefused" });
});
