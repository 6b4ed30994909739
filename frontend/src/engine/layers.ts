/** Stacks of layers: shapes, parameters, multiply-adds and receptive fields, as `convwidgets.engine.layers` has them. */
import { effectiveKernel, resolvePadding } from "./geometry";

/** Every kind of layer, with the name that Keras gives to its class and to the layer itself. */
export const KINDS = {
  conv1d: ["Conv1D", "conv1d"],
  conv2d: ["Conv2D", "conv2d"],
  max_pool1d: ["MaxPooling1D", "max_pooling1d"],
  max_pool2d: ["MaxPooling2D", "max_pooling2d"],
  avg_pool1d: ["AveragePooling1D", "average_pooling1d"],
  avg_pool2d: ["AveragePooling2D", "average_pooling2d"],
  relu: ["ReLU", "re_lu"],
  sigmoid: ["Activation", "activation"],
  tanh: ["Activation", "activation"],
  softmax: ["Softmax", "softmax"],
  dropout: ["Dropout", "dropout"],
  batch_norm: ["BatchNormalization", "batch_normalization"],
  flatten: ["Flatten", "flatten"],
  dense: ["Dense", "dense"],
} as const;

export type Kind = keyof typeof KINDS;

/** One layer, with the fields of its kind; sizes have one number for each axis. */
export interface Layer {
  kind: Kind;
  filters?: number;
  kernel_size?: number[];
  pool_size?: number[];
  stride?: number[];
  padding?: "valid" | "same" | number;
  dilation?: number[];
  units?: number;
  rate?: number;
  bias?: boolean;
}

/** A layer as it may be written: a bare kind, or one size for all axes. */
export type ShortLayer = Kind | (Omit<Layer, "kernel_size" | "pool_size" | "stride" | "dilation"> & Partial<Record<"kernel_size" | "pool_size" | "stride" | "dilation", number | number[]>>);

export interface Axis {
  kernel: number;
  stride: number;
  before: number;
  after: number;
  dilation: number;
}

/** Unit i sees `size` cells of the input from cell `start + jump · i` on; `jump` 0 where all units see the same. */
export interface Reach {
  size: number;
  jump: number;
  start: number;
}

/** Why a layer cannot be: see `Row` in Python. */
export type Rule = "" | "kernel" | "maps" | "signal" | "padding" | "before";

/** One line of the table of a network; sizes count without the batch, channels last. */
export interface Row {
  name: string;
  layer: Layer;
  input: number[] | null;
  output: number[] | null;
  /** Where units stand, also once they were flattened. */
  positions: number[];
  weights: number;
  biases: number;
  /** Parameters that training does not change by gradients. */
  frozen: number;
  multiplyAdds: number;
  /** Parameters without shared weights: a kernel of its own at every place. */
  unshared: number;
  /** A dense layer from all inputs to all outputs: its parameters and its multiply-adds. */
  dense: number;
  denseMultiplyAdds: number;
  axes: Axis[];
  reach: Reach[];
  rule: Rule;
}

export interface Totals {
  parameters: number;
  trainable: number;
  multiplyAdds: number;
  unshared: number;
  dense: number;
  denseMultiplyAdds: number;
}

/** Follows an input through a stack of layers; from the first impossible one on, `output` is null. */
export function trace(layers: readonly Layer[], input: readonly number[]): Row[] {
  const used = new Map<string, number>();
  let shape: number[] | null = [...input];
  let positions = input.slice(0, -1);
  let reach: Reach[] = positions.map(() => ({ size: 1, jump: 1, start: 0 }));
  return layers.map((layer) => {
    const stem = KINDS[layer.kind][1];
    const count = used.get(stem) ?? 0;
    used.set(stem, count + 1);
    const blank: Row = {
      name: count ? `${stem}_${count}` : stem,
      layer,
      input: shape,
      output: null,
      positions,
      weights: 0,
      biases: 0,
      frozen: 0,
      multiplyAdds: 0,
      unshared: 0,
      dense: 0,
      denseMultiplyAdds: 0,
      axes: [],
      reach,
      rule: "",
    };
    const row: Row = shape ? { ...blank, ...follow(blank, shape) } : { ...blank, rule: "before" };
    ({ output: shape, positions, reach } = row);
    return row;
  });
}

export function totals(rows: readonly Row[]): Totals {
  const sum = (value: (row: Row) => number) => rows.reduce((total, row) => total + value(row), 0);
  return {
    parameters: sum(parametersOf),
    trainable: sum((row) => row.weights + row.biases),
    multiplyAdds: sum((row) => row.multiplyAdds),
    unshared: sum((row) => row.unshared),
    dense: sum((row) => row.dense),
    denseMultiplyAdds: sum((row) => row.denseMultiplyAdds),
  };
}

/** All that a layer stores. */
export function parametersOf({ weights, biases, frozen }: Row): number {
  return weights + biases + frozen;
}

/** A layer with every field of its kind, from one that leaves fields out. */
export function fullLayer(short: ShortLayer): Layer {
  const given = typeof short === "string" ? { kind: short } : short;
  const { kind } = given;
  const rank = Number(kind.at(-2));
  const sizes = (value: number | number[] | undefined, otherwise: number) =>
    typeof value === "object" ? [...value] : Array.from({ length: rank }, () => value ?? otherwise);
  const padding = given.padding ?? "valid";
  if (kind.startsWith("conv")) {
    return {
      kind,
      filters: given.filters ?? 8,
      kernel_size: sizes(given.kernel_size, 3),
      stride: sizes(given.stride, 1),
      padding,
      dilation: sizes(given.dilation, 1),
      bias: given.bias ?? true,
    };
  }
  if (isWindowed(kind)) {
    const pool_size = sizes(given.pool_size, 2);
    return { kind, pool_size, stride: given.stride === undefined ? [...pool_size] : sizes(given.stride, 2), padding };
  }
  if (kind === "dense") return { kind, units: given.units ?? 10, bias: given.bias ?? true };
  return kind === "dropout" ? { kind, rate: given.rate ?? 0.5 } : { kind };
}

export function isWindowed(kind: Kind): boolean {
  return kind.endsWith("1d") || kind.endsWith("2d");
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total * number, 1);
}

function follow(row: Row, shape: number[]): Partial<Row> {
  const { kind } = row.layer;
  if (isWindowed(kind)) return windowed(row, shape);
  if (kind === "dense") return dense(row, shape);
  if (kind === "flatten") return { output: [product(shape)] };
  if (kind !== "batch_norm") return { output: shape };
  const channels = shape.at(-1) ?? 0;
  const work = product(shape);
  return {
    output: shape,
    weights: channels,
    biases: channels,
    frozen: 2 * channels,
    multiplyAdds: work,
    unshared: 4 * channels,
    dense: 4 * channels,
    denseMultiplyAdds: work,
  };
}

function windowed(row: Row, shape: number[]): Partial<Row> {
  const { kind, filters = 0, kernel_size, pool_size, stride = [], padding = "valid", dilation } = row.layer;
  const convolves = kind.startsWith("conv");
  const rank = Number(kind.at(-2));
  if (shape.length !== rank + 1) return { rule: rank === 2 ? "maps" : "signal" };
  const sides = shape.slice(0, -1);
  const channels = shape.at(-1) ?? 0;
  const kernel = (convolves ? kernel_size : pool_size) ?? [];
  if (!convolves && typeof padding === "number" && padding > Math.floor(Math.min(...kernel) / 2)) return { rule: "padding" };
  const axes = sides.map((side, i): Axis => {
    const [k = 1, s = 1, d = 1] = [kernel[i], stride[i], convolves ? dilation?.[i] : 1];
    const [before, after] = resolvePadding(padding, [side, side], [k, k], [s, s], [d, d]);
    return { kernel: k, stride: s, before, after, dilation: d };
  });
  const spans = axes.map((axis) => effectiveKernel(axis.kernel, axis.dilation));
  const spare = axes.map((axis, i) => (sides[i] ?? 0) + axis.before + axis.after - (spans[i] ?? 0));
  if (spare.some((cells) => cells < 0)) return { rule: "kernel", axes };
  const outputs = axes.map((axis, i) => Math.floor((spare[i] ?? 0) / axis.stride) + 1);
  const reach = axes.map((axis, i): Reach => {
    const seen = row.reach[i] as Reach;
    return {
      size: seen.size + ((spans[i] ?? 1) - 1) * seen.jump,
      jump: seen.jump * axis.stride,
      start: seen.start - axis.before * seen.jump,
    };
  });
  const common = { positions: outputs, axes, reach };
  if (!convolves) return { ...common, output: [...outputs, channels] };
  return { ...common, output: [...outputs, filters], ...weighed(row, product(kernel) * channels, product(outputs) * filters, filters) };
}

/** On a list of features, all of them; on maps, as Keras does, the channels at each place by themselves. */
function dense(row: Row, shape: number[]): Partial<Row> {
  const { units = 0 } = row.layer;
  const sides = shape.slice(0, -1);
  const own = { output: [...sides, units], ...weighed(row, shape.at(-1) ?? 0, product(sides) * units, units) };
  if (sides.length > 0) return own;
  const reach = row.reach.map(({ size, jump, start }, i) => ({
    size: size + ((row.positions[i] ?? 1) - 1) * jump,
    jump: 0,
    start,
  }));
  return { ...own, positions: [], reach };
}

/** What weights cost: `each` for one output cell, `cells` output cells, `filters` sets of them. */
function weighed({ layer, input }: Row, each: number, cells: number, filters: number): Partial<Row> {
  const bias = layer.bias === false ? 0 : 1;
  const inputs = product(input ?? []);
  return {
    weights: each * filters,
    biases: bias * filters,
    multiplyAdds: each * cells,
    unshared: cells * (each + bias),
    dense: cells * (inputs + bias),
    denseMultiplyAdds: inputs * cells,
  };
}
