import type { Model } from "../hosts/model";

export type Patch = Record<string, unknown>;

const GESTURE = 700;

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
 * and Python stay in step. Undo takes back whatever changed, wherever it was changed; the changes
 * of one gesture are one step.
 */
export class Session<S extends object> {
  readonly #options: SessionOptions<S>;
  readonly #past: Patch[] = [];
  readonly #future: Patch[] = [];
  readonly #start: Patch;
  #known: Patch;
  #lastKeys = "";
  #lastTime = -Infinity;
  #travelling = false;
  readonly #changed = new Set<string>();
  readonly #release: (() => void)[] = [];
  #scheduled = false;

  constructor(options: SessionOptions<S>) {
    this.#options = options;
    const { model, defaults } = options;
    this.#start = this.#read(options.undoable);
    this.#known = this.#start;
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
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  get isAtStart(): boolean {
    return same(this.#read(this.#options.undoable), this.#start);
  }

  set(patch: Partial<S>): void {
    if (!same(this.#read(Object.keys(patch)), patch)) this.#write(patch as Patch);
  }

  undo(): void {
    this.#travel(this.#past, this.#future);
  }

  redo(): void {
    this.#travel(this.#future, this.#past);
  }

  reset(): void {
    this.set(this.#start as Partial<S>);
  }

  /** Ends the gesture, so that the next change is an undo step of its own. */
  settle(): void {
    this.#lastTime = -Infinity;
  }

  dispose(): void {
    for (const release of this.#release) release();
  }

  /** Notes what the undoable keys were before the present change. */
  #remember(): void {
    const now = this.#read(this.#options.undoable);
    const before = Object.fromEntries(Object.entries(this.#known).filter(([key, value]) => !same(value, now[key])));
    this.#known = now;
    const keys = Object.keys(before).join();
    if (keys === "" || this.#travelling) return;
    const time = performance.now();
    if (keys !== this.#lastKeys || time - this.#lastTime > GESTURE) this.#past.push(before);
    if (this.#past.length > 200) this.#past.shift();
    this.#future.length = 0;
    this.#lastKeys = keys;
    this.#lastTime = time;
  }

  #travel(from: Patch[], to: Patch[]): void {
    const patch = from.pop();
    if (!patch) return;
    const now = this.#read(Object.keys(patch));
    this.settle();
    if (same(now, patch)) return;
    to.push(now);
    this.#travelling = true;
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
      this.#remember();
      this.#travelling = false;
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
