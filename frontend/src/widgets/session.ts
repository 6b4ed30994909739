import type { Model } from "../hosts/model";

/** The listeners, undo steps and starting state that all views of one model share. */
interface Shared {
  past: Patch[];
  future: Patch[];
  start: Patch;
  lastKeys: string;
  lastTime: number;
}

export type Patch = Record<string, unknown>;

const GESTURE = 700;
const shared = new WeakMap<Model, Shared>();

export interface SessionOptions<S extends object> {
  model: Model;
  /** Every key of the state with the value it takes where the model has none. */
  defaults: S;
  /** The keys whose changes can be undone. */
  undoable: readonly (keyof S & string)[];
  onChange(changed: ReadonlySet<string>): void;
}

/**
 * One view's hold on the widget's state: reads and writes go through the model, so that two views
 * and Python stay in step; changes of one gesture are one step of undo.
 */
export class Session<S extends object> {
  readonly #options: SessionOptions<S>;
  readonly #shared: Shared;
  readonly #changed = new Set<string>();
  readonly #release: (() => void)[] = [];
  #scheduled = false;

  constructor(options: SessionOptions<S>) {
    this.#options = options;
    const { model, defaults } = options;
    const known = shared.get(model) ?? {
      past: [],
      future: [],
      start: this.#read(options.undoable),
      lastKeys: "",
      lastTime: -Infinity,
    };
    shared.set(model, known);
    this.#shared = known;
    for (const key of Object.keys(defaults)) {
      const listener = () => this.#notice(key);
      model.on(`change:${key}`, listener);
      this.#release.push(() => model.off(`change:${key}`, listener));
    }
  }

  get state(): S {
    return this.#read(Object.keys(this.#options.defaults)) as S;
  }

  get canUndo(): boolean {
    return this.#shared.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#shared.future.length > 0;
  }

  get isAtStart(): boolean {
    return same(this.#read(this.#options.undoable), this.#shared.start);
  }

  set(patch: Partial<S>): void {
    const before = this.#read(Object.keys(patch));
    if (same(before, patch)) return;
    this.#remember(before);
    this.#write(patch as Patch);
  }

  undo(): void {
    this.#travel(this.#shared.past, this.#shared.future);
  }

  redo(): void {
    this.#travel(this.#shared.future, this.#shared.past);
  }

  reset(): void {
    this.set(this.#shared.start as Partial<S>);
  }

  /** Ends the gesture, so that the next change is an undo step of its own. */
  settle(): void {
    this.#shared.lastTime = -Infinity;
  }

  dispose(): void {
    for (const release of this.#release) release();
  }

  #remember(before: Patch): void {
    const undoable = new Set<string>(this.#options.undoable);
    const kept = Object.fromEntries(Object.entries(before).filter(([key]) => undoable.has(key)));
    const keys = Object.keys(kept).sort().join();
    if (keys === "") return;
    const now = performance.now();
    const sameGesture = keys === this.#shared.lastKeys && now - this.#shared.lastTime < GESTURE;
    if (!sameGesture) this.#shared.past.push(kept);
    if (this.#shared.past.length > 200) this.#shared.past.shift();
    this.#shared.future.length = 0;
    this.#shared.lastKeys = keys;
    this.#shared.lastTime = now;
  }

  #travel(from: Patch[], to: Patch[]): void {
    const patch = from.pop();
    if (!patch) return;
    to.push(this.#read(Object.keys(patch)));
    this.settle();
    this.#write(patch);
  }

  #read(keys: readonly string[]): Patch {
    const defaults = this.#options.defaults as Patch;
    return Object.fromEntries(
      keys.map((key) => [key, this.#options.model.get(key) ?? defaults[key]]),
    );
  }

  #write(patch: Patch): void {
    for (const [key, value] of Object.entries(patch)) this.#options.model.set(key, value);
    this.#options.model.save_changes();
  }

  /** Gathers the changes of one turn, so that a view is told once of a patch of many keys. */
  #notice(key: string): void {
    this.#changed.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const changed = new Set(this.#changed);
      this.#changed.clear();
      this.#options.onChange(changed);
    });
  }
}

export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same((a as Patch)[key], (b as Patch)[key]));
}
