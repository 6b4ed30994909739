/** Jobs in parts: what the worker does, and the page itself where workers are refused. */
import { type PageEngine, createEngine } from "./engine";
import { parts } from "./pipeline";
import type { Job, JobResult } from "./types";

/** The multiply-adds between two looks at the messages. */
const PART = 4e6;

export class Cancelled extends Error {
  override name = "Cancelled";
}

/** What the page tells the worker, and what it answers. */
export type ToWorker =
  | { type: "run"; id: number; job: Job; module: WebAssembly.Module }
  | { type: "cancel"; id: number };
export type FromWorker =
  | { type: "progress"; id: number; fraction: number }
  | { type: "done"; id: number; result: JobResult<Job> }
  | { type: "failed"; id: number; name: string; message: string };

let spare: PageEngine | null = null;

/** Runs a job in parts, giving way to the page between them. */
export async function runSliced<J extends Job>(
  module: WebAssembly.Module,
  job: J,
  onProgress: (fraction: number) => void,
  isCancelled: () => boolean,
): Promise<JobResult<J>> {
  // Parts of two jobs must not meet in one memory: a job takes the spare engine away.
  const taken = spare;
  spare = null;
  const engine = taken ?? (await createEngine(module));
  try {
    const steps = parts(engine, job, PART);
    for (;;) {
      if (isCancelled()) throw new Cancelled("cancelled");
      const step = steps.next();
      if (step.done) return step.value;
      onProgress(step.value);
      await pause();
    }
  } finally {
    spare = engine;
  }
}

/** Lets waiting events and messages go first. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
