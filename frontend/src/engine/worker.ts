/** A worker for work that would hold up a frame. */
import workerSource from "worker-source";
import { compileKernels } from "./load";
import { Cancelled, type FromWorker, type ToWorker } from "./sliced";
import type { Job, JobResult } from "./types";

export class WorkerRefused extends Error {
  override name = "WorkerRefused";
}

interface Waiting {
  resolve(result: JobResult<Job>): void;
  reject(error: Error): void;
  onProgress(fraction: number): void;
}

/** A worker with an engine of its own. */
export class EngineWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #id = 0;
  /** Why no job can be answered any more. */
  #ended: Error | null = null;

  constructor() {
    const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    try {
      this.#worker = new Worker(url);
    } catch (error) {
      throw new WorkerRefused(String(error));
    } finally {
      URL.revokeObjectURL(url);
    }
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = () => this.#failAll(new WorkerRefused("the page does not let a worker start"));
  }

  /** Starts a job; its cancellation rejects the promise with Cancelled. */
  run<J extends Job>(
    job: J,
    onProgress: (fraction: number) => void,
  ): { promise: Promise<JobResult<J>>; cancel(): void } {
    const id = ++this.#id;
    const promise = new Promise<JobResult<Job>>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.set(id, { resolve, reject, onProgress });
      void compileKernels().then((module) => {
        if (this.#waiting.has(id)) this.#worker.postMessage({ type: "run", id, job, module } satisfies ToWorker);
      }, reject);
    }) as Promise<JobResult<J>>;
    const cancel = () => {
      this.#worker.postMessage({ type: "cancel", id } satisfies ToWorker);
      this.#waiting.get(id)?.reject(new Cancelled("cancelled"));
      this.#waiting.delete(id);
    };
    return { promise, cancel };
  }

  close(): void {
    this.#worker.terminate();
    this.#failAll(new Cancelled("closed"));
  }

  #receive(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if (message.type === "progress") return waiting.onProgress(message.fraction);
    this.#waiting.delete(message.id);
    if (message.type === "done") return waiting.resolve(message.result);
    const error = new Error(message.message);
    error.name = message.name;
    waiting.reject(error);
  }

  #failAll(error: Error): void {
    this.#ended = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
