/** Where a picture was computed, for the badge. */
export interface Origin {
  engine: "page" | "worker" | "kernel";
  milliseconds: number;
  /** Why another engine answered than the one that was asked for. */
  fallback: "kernel-silent" | "no-kernel" | "no-webassembly" | null;
}

export interface ComputerOptions<Request, Result> {
  /** The page's engine, or null where the page refuses WebAssembly. */
  runHere: ((request: Request) => Result) | null;
  runInWorker(
    request: Request,
    onProgress: (fraction: number) => void,
  ): { promise: Promise<Result>; cancel(): void };
  /** Asks the kernel; null when it did not answer in time. */
  askKernel(request: Request, timeout: number): Promise<Result | null>;
  kernelRoundTrip(): number;
  hasKernel(): boolean;
  multiplyAdds(request: Request): number;
  onResult(request: Request, result: Result, origin: Origin): void;
  onError(request: Request, error: unknown): void;
  onProgress(fraction: number | null): void;
}

export type EngineChoice = "auto" | "page" | "kernel";

const FRAME_BUDGET = 12;
/** Less work than this tells of copies, not of arithmetic. */
const TELLING_WORK = 5e6;
const KERNEL_PATIENCE = 300;
const KERNEL_RETRY = 2000;

/**
 * Answers requests with the latest one winning: at most one is under way, and what came in between
 * is dropped. Small work is done at once, larger work in a worker, or in the kernel where the
 * kernel's measured answer comes sooner.
 */
export class Computer<Request, Result> {
  readonly #options: ComputerOptions<Request, Result>;
  #latest: { request: Request; choice: EngineChoice } | null = null;
  #running = false;
  #ended = false;
  #frame = 0;
  #cancel: (() => void) | null = null;
  /** Multiply-adds a millisecond: a cautious guess, then as measured. */
  #rate = { page: 6e6, worker: 1e6, kernel: 0 };
  #kernelSilentAt = -Infinity;

  constructor(options: ComputerOptions<Request, Result>) {
    this.#options = options;
  }

  /** Computes on the next animation frame, unless a newer request replaces this one first. */
  submit(request: Request, choice: EngineChoice): void {
    this.#latest = { request, choice };
    if (this.#running || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      void this.#work();
    });
  }

  /** Gives up the work under way; the last picture stays. */
  cancel(): void {
    this.#latest = null;
    this.#cancel?.();
  }

  dispose(): void {
    this.#ended = true;
    cancelAnimationFrame(this.#frame);
    this.cancel();
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#latest && !this.#ended) {
      const { request, choice } = this.#latest;
      this.#latest = null;
      try {
        await this.#answer(request, choice);
      } catch (error) {
        if (!this.#ended) this.#options.onError(request, error);
      }
    }
    this.#running = false;
  }

  #answer(request: Request, choice: EngineChoice): Promise<void> | void {
    const { runHere, hasKernel, multiplyAdds } = this.#options;
    const work = multiplyAdds(request);
    const kernelWanted = choice === "kernel" || (choice === "auto" && !runHere);
    if (kernelWanted) return this.#byKernel(request, work);
    if (!runHere) throw new Error("no-webassembly");
    if (work / this.#rate.page <= FRAME_BUDGET) return this.#here(request, work, null);
    const kernelSooner =
      choice === "auto" &&
      hasKernel() &&
      this.#rate.kernel > 0 &&
      work / this.#rate.kernel + this.#options.kernelRoundTrip() < work / this.#rate.worker;
    return kernelSooner ? this.#byKernel(request, work) : this.#byWorker(request, work, choice);
  }

  #here(request: Request, work: number, fallback: Origin["fallback"]): void {
    const run = this.#options.runHere as (request: Request) => Result;
    const start = performance.now();
    const result = run(request);
    const milliseconds = performance.now() - start;
    if (work > TELLING_WORK) this.#rate.page = blend(this.#rate.page, work / Math.max(milliseconds, 0.05));
    this.#options.onResult(request, result, { engine: "page", milliseconds, fallback });
  }

  async #byWorker(request: Request, work: number, choice: EngineChoice, fallback: Origin["fallback"] = null): Promise<void> {
    if (choice === "auto" && this.#rate.kernel === 0) this.#probeKernel(request, work);
    const start = performance.now();
    const { promise, cancel } = this.#options.runInWorker(request, (fraction) => {
      if (performance.now() - start > 150) this.#options.onProgress(fraction);
    });
    this.#cancel = cancel;
    try {
      const result = await promise;
      const milliseconds = performance.now() - start;
      this.#rate.worker = blend(this.#rate.worker, work / milliseconds);
      if (!this.#ended) this.#options.onResult(request, result, { engine: "worker", milliseconds, fallback });
    } finally {
      this.#cancel = null;
      this.#options.onProgress(null);
    }
  }

  async #byKernel(request: Request, work: number): Promise<void> {
    const { askKernel, hasKernel, kernelRoundTrip } = this.#options;
    const retryDue = performance.now() - this.#kernelSilentAt > KERNEL_RETRY;
    if (hasKernel() && retryDue) {
      const start = performance.now();
      const result = await askKernel(request, Math.max(KERNEL_PATIENCE, 3 * kernelRoundTrip()));
      if (result) {
        const milliseconds = performance.now() - start;
        this.#rate.kernel = work / milliseconds;
        if (!this.#ended) this.#options.onResult(request, result, { engine: "kernel", milliseconds, fallback: null });
        return;
      }
      this.#kernelSilentAt = performance.now();
    }
    const fallback = hasKernel() ? "kernel-silent" : "no-kernel";
    if (!this.#options.runHere) throw new Error("no-webassembly");
    if (work / this.#rate.page <= FRAME_BUDGET) this.#here(request, work, fallback);
    else await this.#byWorker(request, work, "kernel", fallback);
  }

  /** Learns the kernel's speed beside a worker's run; the answer itself is not used. */
  #probeKernel(request: Request, work: number): void {
    if (!this.#options.hasKernel()) return;
    this.#rate.kernel = 1;
    const start = performance.now();
    void this.#options.askKernel(request, 5000).then((result) => {
      if (result) this.#rate.kernel = work / (performance.now() - start);
    });
  }
}

function blend(old: number, measured: number): number {
  return 0.7 * old + 0.3 * measured;
}
