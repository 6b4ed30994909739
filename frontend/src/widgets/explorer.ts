import type { PageEngine } from "../engine/engine";
import { compileKernels, loadEngine } from "../engine/load";
import type { Job, Maps } from "../engine/types";
import { runSliced } from "../engine/sliced";
import { EngineWorker } from "../engine/worker";
import type { Model } from "../hosts/model";
import { Computer, type Origin } from "./computer";
import type { ViewSettings } from "./convolution_state";
import { KernelLink, floats } from "./kernel_link";
import { type Picture, type PictureDescriptor, fetchPicture } from "./pictures";
import { Session } from "./session";

/** A state of an explorer: what decides the numbers, what decides the view, and what was kept. */
export type ExplorerState<C> = C & ViewSettings & { kept: C | null };

/** A kernel's answer: maps by name, float32 values with channels, rows and columns. */
export type Frame = Record<string, { data: Float32Array; shape: number[] }>;

/** One of a frame's maps, or null where the frame has none of that name. */
export function frameMap(frame: Frame, name: string): Maps | null {
  const map = frame[name];
  if (!map) return null;
  const [channels = 1, height = 0, width = 0] = map.shape;
  return { data: map.data, channels, height, width };
}

/** What makes one explorer of the many: its settings, their sizes and its computation. */
export interface ExplorerSpec<C extends { image: PictureDescriptor }, Z, Q extends Job, R> {
  defaults: ExplorerState<C>;
  settings: readonly (keyof C & string)[];
  /** The sizes that follow from settings, or the rule that they break. */
  shapes(settings: C): Z | string;
  request(settings: C, picture: Picture, sizes: Z): Q;
  run(engine: PageEngine, request: Q): R;
  cost(request: Q): number;
  fromKernel(frame: Frame, request: Q, engine: PageEngine | null): R;
}

/** One finished computation: the settings, and all that follows from them. */
export interface Shown<C, Z, R> {
  settings: C;
  picture: Picture;
  sizes: Z;
  result: R;
  origin: Origin;
}

export interface ExplorerEvents<C, Z, R> {
  /** A new result, or a change of how it is shown. */
  onPaint(shown: Shown<C, Z, R>, changed: ReadonlySet<string>): void;
  /** A change that is not followed by a result: the last good picture stays. */
  onProblem(message: string): void;
  onProgress(fraction: number | null): void;
  /** What was kept, computed with today's engine; null when nothing is kept. */
  onKept(kept: Shown<C, Z, R> | null): void;
}

interface Work<C, Z, Q> {
  settings: C;
  picture: Picture;
  sizes: Z;
  request: Q;
}

/** The way of one change: state, request, result, paint; the same for every explorer. */
export class Explorer<C extends { image: PictureDescriptor }, Z, Q extends Job, R> {
  readonly session: Session<ExplorerState<C>>;
  readonly link: KernelLink;
  shown: Shown<C, Z, R> | null = null;

  readonly #spec: ExplorerSpec<C, Z, Q, R>;
  readonly #events: ExplorerEvents<C, Z, R>;
  readonly #computer: Computer<Work<C, Z, Q>, R>;
  #engine: PageEngine | null = null;
  #worker: EngineWorker | null = null;
  #turn = 0;
  #keptTurn = 0;
  #ended = false;

  private constructor(
    model: Model,
    spec: ExplorerSpec<C, Z, Q, R>,
    events: ExplorerEvents<C, Z, R>,
    engine: PageEngine | null,
  ) {
    this.#spec = spec;
    this.#events = events;
    this.#engine = engine;
    this.link = new KernelLink(model, (message) => events.onProblem(message));
    this.session = new Session({
      model,
      defaults: spec.defaults,
      undoable: [...spec.settings, "display", "unit_range"] as (keyof ExplorerState<C> & string)[],
      onChange: (changed) => this.#notice(changed),
    });
    this.#computer = new Computer<Work<C, Z, Q>, R>({
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
  static async start<C extends { image: PictureDescriptor }, Z, Q extends Job, R>(
    model: Model,
    spec: ExplorerSpec<C, Z, Q, R>,
    events: ExplorerEvents<C, Z, R>,
  ): Promise<Explorer<C, Z, Q, R>> {
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

  async #prepare(settings: C): Promise<Work<C, Z, Q> | string> {
    const sizes = this.#spec.shapes(settings);
    if (typeof sizes === "string") return sizes;
    try {
      const picture = await fetchPicture(settings.image, this.link);
      return { settings, picture, sizes, request: this.#spec.request(settings, picture, sizes) };
    } catch {
      return "picture-missing";
    }
  }

  #receive(work: Work<C, Z, Q>, result: R, origin: Origin): void {
    if (this.#ended) return;
    const changed = new Set<string>(this.#spec.settings);
    this.shown = { settings: work.settings, picture: work.picture, sizes: work.sizes, result, origin };
    this.#events.onPaint(this.shown, changed);
  }

  #runInWorker(
    work: Work<C, Z, Q>,
    onProgress: (fraction: number) => void,
  ): { promise: Promise<R>; cancel(): void } {
    let cancelled = false;
    let job: { promise: Promise<unknown>; cancel(): void } | null = null;
    const start = async (): Promise<R> => {
      try {
        this.#worker ??= new EngineWorker();
        job = this.#worker.run(work.request, onProgress);
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
    work: Work<C, Z, Q>,
    onProgress: (fraction: number) => void,
    isCancelled: () => boolean,
  ): Promise<R> {
    return (await runSliced(await compileKernels(), work.request, onProgress, isCancelled)) as R;
  }

  async #askKernel(work: Work<C, Z, Q>, timeout: number): Promise<R | null> {
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
