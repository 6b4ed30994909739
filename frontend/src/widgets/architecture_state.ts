import { type Layer, type Row, type ShortLayer, type Totals, fullLayer, totals, trace } from "../engine/layers";
import type { FieldRequest } from "../engine/types";
import PRESETS from "../../../convwidgets/export/architectures.json";
import type { Key } from "../words";
import type { PictureState } from "./explorer";
import type { Picture, PictureDescriptor } from "./pictures";
import { PICTURE_VIEW_DEFAULTS } from "./view_state";

export interface ArchitectureSettings {
  image: PictureDescriptor;
  layers: Layer[];
  input_shape: number[];
  /** The chosen layer; −1 is the input, null the last convolution. */
  layer: number | null;
  position: [number, number] | null;
  weights: "equal" | "random";
  seed: number;
  /** The rows that the learner fills in. */
  blanks: number[];
}

export type ArchitectureState = PictureState<ArchitectureSettings>;

export const ARCHITECTURE_SETTINGS = [
  "image",
  "layers",
  "input_shape",
  "layer",
  "position",
  "weights",
  "seed",
  "blanks",
] as const satisfies readonly (keyof ArchitectureSettings)[];

export const ARCHITECTURE_DEFAULTS: ArchitectureState = {
  ...PICTURE_VIEW_DEFAULTS,
  image: { name: "", label: "", shape: [1, 1], dtype: "float32", id: "" },
  layers: [],
  input_shape: [28, 28, 1],
  layer: null,
  position: null,
  weights: "equal",
  seed: 0,
  blanks: [],
  kept: null,
};

/** The greatest numbers that may be set: those of Python's rules. */
export const MOST = { layers: 64, units: 16384, window: 64, side: 2048 };

/** A network's table, and what of it is looked at. */
export interface Network {
  rows: Row[];
  sums: Totals;
  /** The chosen layer and unit, kept within what is possible. */
  chosen: number;
  unit: [number, number];
  /** Rows and columns of the chosen layer's units; a signal is one row. */
  places: [number, number];
}

export function networkOf({ layers, input_shape: shape, layer, position }: ArchitectureSettings): Network {
  const rows = trace(layers, shape);
  const possible = rows.filter(({ rule }) => rule === "");
  const last = (holds: (row: Row) => boolean) => possible.reduce((found, row, i) => (holds(row) ? i : found), -1);
  const started = [last(({ layer: { kind } }) => kind.startsWith("conv")), last(({ axes }) => axes.length > 0), possible.length - 1];
  const chosen = layer === null ? (started.find((at) => at >= 0) ?? -1) : Math.min(layer, possible.length - 1);
  const places = placesOf(rows[chosen], shape);
  const [row, column] = position ?? [places[0] >> 1, places[1] >> 1];
  return { rows, sums: totals(rows), chosen, unit: [Math.min(row, places[0] - 1), Math.min(column, places[1] - 1)], places };
}

/** Rows and columns where a layer's units stand; without a layer, the input's cells. */
export function placesOf(row: Row | undefined, shape: readonly number[]): [number, number] {
  const sides = row ? row.positions : shape.length > 1 ? shape.slice(0, -1) : shape;
  const [first = 1, second] = sides;
  return second === undefined ? [1, first] : [first, second];
}

export function fieldRequest(settings: ArchitectureSettings, { maps, dtype }: Picture, network: Network): FieldRequest {
  return {
    kind: "field",
    image: maps,
    white: dtype === "uint8" ? 255 : 1,
    shape: settings.input_shape,
    rows: network.rows,
    index: network.chosen,
    unit: network.unit,
    seed: settings.weights === "random" ? settings.seed : null,
  };
}

interface Preset {
  name: string;
  title: Key;
  story: Key | null;
  group: Key;
  input_shape: number[];
  layers: Layer[];
}

const GROUPS: Record<string, readonly string[]> = {
  "preset.group.small": ["one_filter", "two_layers", "colour", "signal"],
  "preset.group.keras": ["keras_digits", "keras_pictures", "stack_of_three", "stack_of_three_dense"],
  "preset.group.fields": ["stack_of_three_pooled", "dilated_doubling", "dilated_constant"],
  "preset.group.known": ["lenet5", "alexnet_227", "alexnet_224", "vgg16"],
};

/** The networks that are known by name, group by group. */
export const presets: readonly Preset[] = Object.entries(GROUPS).flatMap(([group, names]) =>
  names.map((name) => {
    const { input_shape, layers } = (PRESETS as Record<string, { input_shape: number[]; layers: unknown[] }>)[name] ?? { input_shape: [1], layers: [] };
    return {
      name,
      title: `preset.${name}` as Key,
      story: `story.${name}` as Key,
      group: group as Key,
      input_shape,
      layers: (layers as ShortLayer[]).map(fullLayer),
    };
  }),
);

/** A layer in a place in the list, and what is chosen and blank then. */
export function withLayers(settings: ArchitectureSettings, order: readonly (number | Layer)[], layer: number | null): Partial<ArchitectureSettings> {
  const layers = order.map((one) => (typeof one === "number" ? (settings.layers[one] as Layer) : one));
  const blanks = order.flatMap((one, i) => (typeof one === "number" && settings.blanks.includes(one) ? [i] : []));
  return { layers, layer, blanks, position: null };
}
