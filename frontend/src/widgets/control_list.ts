/** The controls that every explorer is set by, and the rule that the impossible can't be entered. */
import { type Availability, numberField, segmented, sliderField, toggle } from "../views/controls";
import { h } from "../views/dom";
import { type Key, t } from "../words";

/** One control of a widget: the parameter it sets, its element and how it follows the state. */
export interface Control<S> {
  /** The parameter's name, by which a teacher hides or locks it. */
  key: string;
  el: HTMLElement;
  follow(state: S): void;
  lock(availability: Pick<Availability, "locked" | "hidden">): void;
  destroy(): void;
}

/** How controls change the state of a widget. */
export interface Hands<S> {
  state(): S;
  set(patch: Partial<S>): void;
  /** Ends a gesture: the next change is an undo step of its own. */
  settle(): void;
  /** Why a change can't be made, or null where it can. */
  objection(change: Partial<S>): string | null;
}

interface SliderSpec<S> {
  key: string;
  from: number;
  to: number;
  /** What it moves by; 1 unless told. */
  step?: number;
  read(state: S): number;
  change(value: number, state: S): Partial<S>;
}

/** A slider whose reach ends where the settings become impossible. */
export function sliderControl<S>({ state, set, settle, objection }: Hands<S>, spec: SliderSpec<S>): Control<S> {
  const { key, from, to, step = 1, read, change } = spec;
  // A drag changes the state that it began with, so that going there and back loses nothing.
  let begun: S | null = null;
  const view = sliderField({
    label: word("control", key),
    min: from,
    max: to,
    step,
    value: from,
    onInput: (value) => set(change(value, (begun ??= state()))),
    onCommit: () => {
      begun = null;
      settle();
    },
  });
  return control(key, view, (next) => {
    const value = read(next);
    let max = to;
    while (max > Math.max(value, from) && objection(change(max, next)) !== null) max -= step;
    // The rule is told where the slider meets it.
    const reason = value === max && max < to ? objection(change(max + step, next)) : null;
    view.update({ value, min: from, max, reason });
  });
}

/** A slider over powers of ten, on which a value can be marked. */
export function rateControl<S>(
  { set, settle }: Hands<S>,
  { key, from, to, read, change }: Omit<SliderSpec<S>, "change"> & { change(value: number): Partial<S> },
): Control<S> & { mark(value: number | null): void } {
  const view = sliderField({
    label: word("control", key),
    min: from,
    max: to,
    value: from,
    log: true,
    onInput: (value) => set(change(value)),
    onCommit: settle,
  });
  return {
    ...control(key, view, (state) => view.update({ value: read(state) })),
    mark: (value) => view.update({ mark: value }),
  };
}

interface ChoiceSpec<S, V extends string> {
  key: keyof S & string;
  values: readonly V[];
  read?(state: S): V;
  change?(value: V, state: S): Partial<S>;
}

/** A choice of words, of which the impossible ones say why. */
export function choiceControl<S, V extends string>(hands: Hands<S>, spec: ChoiceSpec<S, V>): Control<S> {
  const { key, values } = spec;
  const read = spec.read ?? ((state: S) => String(state[key]) as V);
  const change = spec.change ?? ((value: V) => ({ [key]: value }) as unknown as Partial<S>);
  const view = segmented<V>({
    label: word("control", key),
    options: values.map((value) => ({ value, label: word(`choice.${key}`, value) })),
    value: values[0] as V,
    onChange: (value) => {
      hands.settle();
      hands.set(change(value, hands.state()));
    },
  });
  return control(key, view, (state) => {
    const refused = values
      .filter((value) => value !== read(state))
      .map((value) => [value, hands.objection(change(value, state))] as const)
      .filter((entry): entry is readonly [V, string] => entry[1] !== null);
    view.update({
      value: read(state),
      disabledOptions: Object.fromEntries(refused) as Partial<Record<V, string>>,
    });
  });
}

/** A number without a slider. */
export function numberControl<S>(
  { set, settle }: Hands<S>,
  spec: { key: keyof S & string; min: number; max: number; whole: boolean; read(state: S): number; change(value: number): Partial<S>; shown?(state: S): boolean; note?(state: S): string | null },
): Control<S> {
  const view = numberField({
    label: word("control", spec.key),
    value: 0,
    min: spec.min,
    max: spec.max,
    whole: spec.whole,
    onCommit: (value) => {
      settle();
      set(spec.change(value));
    },
  });
  return control(spec.key, view, (state) => {
    view.update({ value: spec.read(state), reason: spec.note?.(state) ?? null });
    view.el.classList.toggle("cw-absent", spec.shown?.(state) === false);
  });
}

export function toggleControl<S>({ set, settle }: Hands<S>, key: keyof S & string): Control<S> {
  const view = toggle({
    label: word("control", key),
    value: false,
    onChange: (value) => {
      settle();
      set({ [key]: value } as unknown as Partial<S>);
    },
  });
  return control(key, view, (state) => view.update({ value: Boolean(state[key]) }));
}

/** The box of all controls; follows the state, and hides and locks what a teacher says. */
export function controlList<S extends { hidden: string[]; locked: string[] }>(controls: readonly Control<S>[]) {
  const el = h("div", { class: "cw-controls" }, ...controls.map((entry) => entry.el));
  return {
    el,
    /** The parameters by name, with the words of their controls. */
    keys: () => controls.map(({ key }) => ({ key, label: word("control", key) })),
    /** Takes a control away while the picture has no use for it. */
    show(key: string, used: boolean) {
      controls.find((entry) => entry.key === key)?.el.classList.toggle("cw-absent", !used);
    },
    update(state: S) {
      for (const entry of controls) {
        entry.follow(state);
        entry.lock({
          hidden: state.hidden.includes(entry.key),
          locked: state.locked.includes(entry.key),
        });
      }
    },
    destroy() {
      for (const entry of controls) entry.destroy();
    },
  };
}

function control<S>(
  key: string,
  view: { el: HTMLElement; update(props: Partial<Availability>): void; destroy(): void },
  follow: (state: S) => void,
): Control<S> {
  view.el.dataset["control"] = key;
  return { key, el: view.el, follow, lock: (availability) => view.update(availability), destroy: () => view.destroy() };
}

/** The word of the catalogue for a name, within a group of keys. */
export function word(group: string, name: string): string {
  return (t as (key: Key) => string)(`${group}.${name}` as Key);
}
