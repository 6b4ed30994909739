/** Receptive, projective and effective fields through a stack of layers, as `convwidgets.engine.receptive` has them. */
import type { PageEngine } from "./engine";
import { feeds, windowOf } from "./geometry";
import { type Axis, type Row, isWindowed } from "./layers";
import type { FieldRequest, FieldResult, Kernel, Maps, Pads, Pair } from "./types";

/** The indices along each axis. */
export type Cells = number[][];

/** Channels of each layer that the effective field is computed with. */
const CHANNELS = 8;

/** The cells of the input, and of every map up to layer `index`, that take part in one unit; padding is left out. */
export function seenCells(rows: readonly Row[], index: number, unit: readonly number[]): Cells[] {
  let cells: Cells = unit.map((place) => [place]);
  const found = [cells];
  for (let at = index; at >= 0; at--) {
    const { axes, input } = rows[at] as Row;
    if (axes.length > 0) {
      cells = axes.map((axis, i) =>
        ascending((cells[i] ?? []).flatMap((place) => windowOf(place, axis.kernel, axis.stride, axis.before, axis.dilation))).filter(
          (place) => place >= 0 && place < (input?.[i] ?? 0),
        ),
      );
    } else if (seesAll(rows[at] as Row)) {
      const sides = at > 0 ? (rows[at - 1] as Row).positions : (input ?? []).slice(0, -1);
      cells = sides.map((side) => Array.from({ length: side }, (_, i) => i));
    }
    found.push(cells);
  }
  return found.reverse();
}

/** The units of every layer that an input cell takes part in; no axes where units see everything. */
export function fedUnits(rows: readonly Row[], cell: readonly number[]): Cells[] {
  let cells: Cells = cell.map((place) => [place]);
  return rows.map((row) => {
    if (row.axes.length > 0) {
      cells = row.axes.map(({ kernel, stride, before, dilation }, i) =>
        ascending((cells[i] ?? []).flatMap((place) => feeds(place, row.positions[i] ?? 0, kernel, stride, before, dilation))),
      );
    } else if (seesAll(row)) cells = [];
    return cells;
  });
}

/** An input's height, width and (at most 8) channels as pictures are laid on it. */
export function sidesOf(shape: readonly number[]): [number, number, number] {
  const [first = 1, second = 1, third = 1] = shape;
  if (shape.length === 3) return [first, second, Math.min(third, CHANNELS)];
  return [1, first, shape.length === 2 ? Math.min(second, CHANNELS) : 1];
}

/** How strongly each input cell moves one unit, and the maps on the way; in parts, for a worker. */
export function* effectiveField(engine: PageEngine, request: FieldRequest): Generator<number, FieldResult> {
  const { rows, index, unit, seed } = request;
  const image = fitted(engine, request);
  const count = index + 1;
  const backward: ((gradient: Maps) => Maps)[] = [];
  let flat = rows[0]?.input?.length === 1;
  let x = image;
  for (const [number, row] of rows.slice(0, count).entries()) {
    flat ||= row.layer.kind === "flatten";
    const { y, back } = step(engine, row, number, x, flat, seed);
    backward.push(back);
    x = y;
    yield (number + 1) / (3 * count);
  }
  const maps = firstOf(x);
  let gradient: Maps = { ...x, data: new Float32Array(x.data.length) };
  gradient.data[unit[0] * x.width + unit[1]] = 1;
  for (const [done, back] of backward.reverse().entries()) {
    gradient = back(gradient);
    yield (count + 2 * (done + 1)) / (3 * count);
  }
  return { image, maps, field: summed(gradient) };
}

/** A guess of the multiply-adds that an effective field takes. */
export function fieldCost({ rows, index }: Pick<FieldRequest, "rows" | "index">): number {
  return rows.slice(0, index + 1).reduce((total, row, number) => {
    const outputs = Math.min(row.output?.at(-1) ?? 1, CHANNELS);
    const inputs = number > 0 ? Math.min(row.input?.at(-1) ?? 1, CHANNELS) : (row.input?.at(-1) ?? 1);
    const places = row.positions.reduce((product, side) => product * side, 1);
    const taps = row.axes.reduce((product, axis) => product * axis.kernel, 1);
    return total + 3 * places * taps * outputs * (row.layer.kind.startsWith("conv") ? inputs : 1);
  }, 0);
}

/** Numbers from −1 to 1: Tommy Ettinger's mulberry32, a stream for each layer. */
export function drawWeights(count: number, seed: number, layer: number): Float64Array {
  let a = (Math.imul(seed, 0x9e3779b1) + Math.imul(layer, 0x85ebca6b)) >>> 0;
  return Float64Array.from({ length: count }, () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

interface Step {
  y: Maps;
  back(gradient: Maps): Maps;
}

function step(engine: PageEngine, row: Row, number: number, x: Maps, flat: boolean, seed: number | null): Step {
  const { kind } = row.layer;
  if (kind === "relu" || kind === "sigmoid" || kind === "tanh") return pointwise(kind, x, seed);
  if (kind === "dense" || kind.startsWith("conv")) return weighted(engine, row, number, x, flat, seed);
  return isWindowed(kind) ? pooled(engine, row, x, seed) : { y: x, back: (gradient) => gradient };
}

function pointwise(kind: "relu" | "sigmoid" | "tanh", x: Maps, seed: number | null): Step {
  if (seed === null) return { y: x, back: (gradient) => gradient };
  const value = { relu: (v: number) => Math.max(v, 0), sigmoid: (v: number) => 1 / (1 + Math.exp(-v)), tanh: Math.tanh }[kind];
  const slope = { relu: (y: number) => (y > 0 ? 1 : 0), sigmoid: (y: number) => y * (1 - y), tanh: (y: number) => 1 - y * y }[kind];
  const y = { ...x, data: x.data.map(value) };
  return { y, back: (gradient) => ({ ...gradient, data: gradient.data.map((g, i) => g * slope(y.data[i] as number)) }) };
}

/** Convolves, or is dense: on a flat input a kernel as large as the map, on maps one cell. */
function weighted(engine: PageEngine, row: Row, number: number, x: Maps, flat: boolean, seed: number | null): Step {
  const dense = row.layer.kind === "dense";
  const [height, width] = dense ? (flat ? [x.height, x.width] : [1, 1]) : two(row.axes.map((axis) => axis.kernel));
  const filters = Math.min((dense ? row.layer.units : row.layer.filters) ?? 1, CHANNELS);
  const each = x.channels * height * width;
  const limit = Math.sqrt(6 / each);
  const data =
    seed === null ? new Float32Array(filters * each).fill(1 / each) : Float32Array.from(drawWeights(filters * each, seed, number), (u) => u * limit);
  const w: Kernel = { data, filters, channels: x.channels, height, width };
  const options = { ...stepsOf(row), groups: 1, paddingMode: "zeros" as const };
  return { y: engine.conv2d(x, w, options), back: (gradient) => engine.conv2dInput(x, w, gradient, options) };
}

function pooled(engine: PageEngine, row: Row, x: Maps, seed: number | null): Step {
  const options = { ...stepsOf(row), size: two(row.axes.map((axis) => axis.kernel)), ceilMode: false };
  const greatest = row.layer.kind.startsWith("max");
  if (greatest && seed !== null) {
    return { y: engine.maxPool2d(x, options).maps, back: (gradient) => engine.extremePool2dGradient(x, gradient, options, true) };
  }
  const means = { ...options, countPadding: !greatest && typeof row.layer.padding === "number" };
  return { y: engine.avgPool2d(x, means), back: (gradient) => engine.avgPool2dGradient(x, gradient, means) };
}

/** The picture's middle, made larger or smaller by averaging, in the channels that the network reads. */
function fitted(engine: PageEngine, { image, shape, white }: FieldRequest): Maps {
  const [height, width, channels] = sidesOf(shape);
  const tall = image.height * width > image.width * height;
  const rows = tall ? Math.max(1, Math.floor((image.width * height) / width)) : image.height;
  const columns = tall ? image.width : Math.max(1, Math.floor((image.height * width) / height));
  const middle = cut(image, Math.floor((image.height - rows) / 2), Math.floor((image.width - columns) / 2), rows, columns);
  const { maps } = engine.adaptivePool2d(middle, "average", height, width);
  const plane = height * width;
  const data = new Float32Array(channels * plane);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel < maps.channels ? channel * plane : 0;
    data.set(maps.data.subarray(from, from + plane), channel * plane);
  }
  if (white !== 1) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) / white;
  return { data, channels, height, width };
}

function cut(x: Maps, top: number, left: number, height: number, width: number): Maps {
  const data = new Float32Array(x.channels * height * width);
  for (let line = 0; line < x.channels * height; line++) {
    const from = (Math.floor(line / height) * x.height + top + (line % height)) * x.width + left;
    data.set(x.data.subarray(from, from + width), line * width);
  }
  return { data, channels: x.channels, height, width };
}

function firstOf({ data, height, width }: Maps): Maps {
  return { data: data.slice(0, height * width), channels: 1, height, width };
}

function summed({ data, channels, height, width }: Maps): Maps {
  const plane = height * width;
  const sum = Float32Array.from({ length: plane }, (_, i) => {
    let total = 0;
    for (let channel = 0; channel < channels; channel++) total += data[channel * plane + i] as number;
    return total;
  });
  return { data: sum, channels: 1, height, width };
}

/** A signal is one row. */
function stepsOf({ axes }: Row): { stride: Pair; dilation: Pair; pad: Pads } {
  const whole: Axis = { kernel: 1, stride: 1, before: 0, after: 0, dilation: 1 };
  const [down = whole, across = whole] = axes.length === 1 ? [whole, ...axes] : axes;
  return {
    stride: [down.stride, across.stride],
    dilation: [down.dilation, across.dilation],
    pad: [down.before, down.after, across.before, across.after],
  };
}

function two([first = 1, second]: number[]): Pair {
  return second === undefined ? [1, first] : [first, second];
}

function ascending(places: number[]): number[] {
  return [...new Set(places)].sort((a, b) => a - b);
}

function seesAll({ layer, output }: Row): boolean {
  return layer.kind === "dense" && output?.length === 1;
}
