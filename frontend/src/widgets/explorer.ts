import type { PageEngine } from "../engine/engine";
import { compileKernels, loadEngine } from "../engine/load";
import type { Job, Maps } from "../engine/types";
import { runSliced } from "../engine/sliced";
import { EngineWorker } from "../engine/worker";
import type { Model } from "../hosts/model";
import { Computer, type Origin } from "./computer";
import { KernelLink, floats } from "./kernel_link";
import type { Picture } from "./pictures";
import { Session } from "./session";
import type { PictureViewSettings, ViewSettings } from "./view_state";

/** A state of an explorer: what decides the numbers, what decides the view, and what was kept. */
export type ExplorerState<C, V extends ViewSettings = ViewSettings> = C & Omit<V, "kept"> & { kept: C | null };

/** A state of an explorer of a picture. */
export type PictureState<C> = ExplorerState<C, PictureViewSettings>;

/** A kernel's answer: maps by name, float32 values with channels, rows and columns. */
export type Frame = Record<string, { data: Float32Array; shape: number[] }>;

/** One of a frame's maps, or null where the frame has none of that name. */
export function frameMap(frame: Frame, name: string): Maps | null {
  const map = frame[name];
  if (!map) return null;
  const [channels = 1, height = 0, width = 0] = map.shape;
  return { data: map.data, channels, height, width };
}

/**
 * What makes one explorer of the many: its settings C, their sizes Z, its request Q and result R,
 * what P it fetches before it can ask, and how V it is shown.
 */
export interface ExplorerSpec<C extends object, Z, Q, R, P = Picture, V extends ViewSettings = PictureViewSettings> {
  defaults: ExplorerState<C, V>;
  settings: readonly (keyof C & string)[];
  /** The settings that only choose what is looked at: their changes are no steps to undo. */
  looks?: readonly (keyof C & string)[];
  /** What can be undone beside the settings. */
  undoable?: readonly (keyof V & string)[];
  /** The sizes that follow from settings, or the rule that they break. */
  shapes(settings: C): Z | string;
  /** Fetches what the settings name: a picture's pixels. */
  fetch(settings: C, link: KernelLink): Promise<P> | P;
  request(settings: C, fetched: P, sizes: Z): Q;
  /** The request as a worker takes it; without it all is computed in one go, in the page. */
  job?(request: Q): Job;
  run(engine: PageEngine, request: Q): R;
  cost(request: Q): number;
  fromKernel(frame: Frame, request: Q, engine: PageEngine | null): R;
}

/** One finished computation: the settings, and all that follows from them. */
export interface Shown<C, Z, R, P = Picture> {
  settings: C;
  picture: P;
  sizes: Z;
  result: R;
  origin: Origin;
}

export interface ExplorerEvents<C, Z, R, P = Picture> {
  /** A new result, or a change of how it is shown. */
  onPaint(shown: Shown<C, Z, R, P>, changed: ReadonlySet<string>): void;
  /** A change that is not followed by a result: the last good picture stays. */
  onProblem(message: string): void;
  onProgress(fraction: number | null): void;
  /** What was kept, computed with today's engine; null when nothing is kept. */
  onKept(kept: Shown<C, Z, R, P> | null): void;
}

interface Work<C, Z, Q, P> {
  settings: C;
  picture: P;
  sizes: Z;
  request: Q;
}

/** The way of one change: state, request, result, paint; the same for every explorer. */
export class Explorer<C extends object, Z, Q, R, P = Picture, V extends ViewSettings = PictureViewSettings> {
  readonly session: Session<ExplorerState<C, V>>;
  readonly link: KernelLink;
  shown: Shown<C, Z, R, P> | null = null;

  readonly #spec: ExplorerSpec<C, Z, Q, R, P, V>;
  readonly #events: ExplorerEvents<C, Z, R, P>;
  readonly #computer: Computer<Work<C, Z, Q, P>, R>;
  #engine: PageEngine | null = null;
  #worker: EngineWorker | null = null;
  #turn = 0;
  #keptTurn = 0;
  #ended = false;

  private constructor(
    model: Model,
    spec: ExplorerSpec<C, Z, Q, R, P, V>,
    events: ExplorerEvents<C, Z, R, P>,
    engine: PageEngine | null,
  ) {
    this.#spec = spec;
    this.#events = events;
    this.#engine = engine;
    this.link = new KernelLink(model, (message) => events.onProblem(message));
    this.session = new Session({
      model,
      defaults: spec.defaults,
      undoable: [...spec.settings.filter((key) => !spec.looks?.includes(key)), ...(spec.undoable ?? [])] as (keyof ExplorerState<C, V> & string)[],
      onChange: (changed) => this.#notice(changed),
    });
    this.#computer = new Computer<Work<C, Z, Q, P>, R>({
      runHere: engine && ((work) => spec.run(engine, work.request)),
      runInWorker: (work, onProgress) => this.#runInWorker(work, onProgress),
      askKernel: (work, timeout) => this.#askKernel(work, timeout),
      kernelRoundTrip: () => this.link.roundTrip,
      hasKernel: () => this.link.available,
      multiplyAdds: (work) => spec.cost(work.request),
      onResult: (work, result, origin) => this.#receive(work, result, origin),
      onError: (_, error) => events.onProblem(String(error instanceof Error ? error.message : error)),
      onProgress: (fraction) => events.onProgress(fraction),
    });
  }

  /** Starts an explorer on the page's engine, or on the kernel's where the page refuses WebAssembly. */
  static async start<C extends object, Z, Q, R, P = Picture, V extends ViewSettings = PictureViewSettings>(
    model: Model,
    spec: ExplorerSpec<C, Z, Q, R, P, V>,
    events: ExplorerEvents<C, Z, R, P>,
  ): Promise<Explorer<C, Z, Q, R, P, V>> {
    const engine = await loadEngine().catch(() => null);
    return new Explorer(model, spec, events, engine);
  }

  get settings(): C {
    return this.settingsOf(this.session.state);
  }

  settingsOf(state: C): C {
    return Object.fromEntries(this.#spec.settings.map((key) => [key, state[key]])) as unknown as C;
  }

  /** Why a change of the settings cannot be made, or null where it can. */
  objection(change: Partial<C>): string | null {
    const outcome = this.#spec.shapes({ ...this.settings, ...change });
    return typeof outcome === "string" ? outcome : null;
  }

  /** Computes the present settings and what was kept. */
  refresh(): void {
    void this.#compute();
    void this.#computeKept();
  }

  cancel(): void {
    this.#computer.cancel();
  }

  dispose(): void {
    this.#ended = true;
    this.session.dispose();
    this.#computer.dispose();
    this.#worker?.close();
    this.link.dispose();
  }

  #notice(changed: ReadonlySet<string>): void {
    if (this.#ended) return;
    const decides = new Set<string>([...this.#spec.settings, "engine"]);
    if ([...changed].some((key) => decides.has(key))) void this.#compute();
    else if (this.shown) this.#events.onPaint(this.shown, changed);
    if (changed.has("kept")) void this.#computeKept();
  }

  async #compute(): Promise<void> {
    const turn = ++this.#turn;
    const state = this.session.state;
    const work = await this.#prepare(this.settingsOf(state));
    if (turn !== this.#turn || this.#ended) return;
    if (typeof work === "string") this.#events.onProblem(work);
    else this.#computer.submit(work, state.engine);
  }

  async #computeKept(): Promise<void> {
    const turn = ++this.#keptTurn;
    const { kept } = this.session.state;
    const work = kept && (await this.#prepare(kept));
    if (turn !== this.#keptTurn || this.#ended) return;
    if (!work || typeof work === "string" || !this.#engine) return this.#events.onKept(null);
    const result = await this.#sliced(work, () => undefined, () => turn !== this.#keptTurn);
    if (turn !== this.#keptTurn || this.#ended) return;
    const origin: Origin = { engine: "page", milliseconds: 0, fallback: null };
    this.#events.onKept({ settings: work.settings, picture: work.picture, sizes: work.sizes, result, origin });
  }

  async #prepare(settings: C): Promise<Work<C, Z, Q, P> | string> {
    const sizes = this.#spec.shapes(settings);
    if (typeof sizes === "string") return sizes;
    try {
      const picture = await this.#spec.fetch(settings, this.link);
      return { settings, picture, sizes, request: this.#spec.request(settings, picture, sizes) };
    } catch {
      return "picture-missing";
    }
  }

  #receive(work: Work<C, Z, Q, P>, result: R, origin: Origin): void {
    if (this.#ended) return;
    const changed = new Set<string>(this.#spec.settings);
    this.shown = { settings: work.settings, picture: work.picture, sizes: work.sizes, result, origin };
    this.#events.onPaint(this.shown, changed);
  }

  #runInWorker(
    work: Work<C, Z, Q, P>,
    onProgress: (fraction: number) => void,
  ): { promise: Promise<R>; cancel(): void } {
    let cancelled = false;
    let job: { promise: Promise<unknown>; cancel(): void } | null = null;
    const start = async (): Promise<R> => {
      const asked = this.#spec.job?.(work.request);
      if (!asked) return this.#sliced(work, onProgress, () => cancelled);
      try {
        this.#worker ??= new EngineWorker();
        job = this.#worker.run(asked, onProgress);
        return (await job.promise) as R;
      } catch (error) {
        if (cancelled || !(error instanceof Error) || error.name !== "WorkerRefused") throw error;
        return this.#sliced(work, onProgress, () => cancelled);
      }
    };
    return {
      promise: start(),
      cancel: () => {
        cancelled = true;
        job?.cancel();
      },
    };
  }

  async #sliced(
    work: Work<C, Z, Q, P>,
    onProgress: (fraction: number) => void,
    isCancelled: () => boolean,
  ): Promise<R> {
    const job = this.#spec.job?.(work.request);
    if (!job) return this.#spec.run(await loadEngine(), work.request);
    return (await runSliced(await compileKernels(), job, onProgress, isCancelled)) as R;
  }

  async #askKernel(work: Work<C, Z, Q, P>, timeout: number): Promise<R | null> {
    const answer = await this.link.ask({ type: "compute", state: work.settings }, { timeout });
    if (!answer) return null;
    const { message, buffers } = answer;
    if (message.type === "error") throw new Error(String(message["message"]));
    const shapes = Object.entries(message["maps"] as Record<string, { shape: number[] }>);
    const frame: Frame = {};
    for (const [i, [name, { shape }]] of shapes.entries()) {
      frame[name] = { shape, data: floats(buffers[i] as DataView) };
    }
    return this.#spec.fromKernel(frame, work.request, this.#engine);
  }
}
