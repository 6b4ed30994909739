/** The same computation in code for NumPy, SciPy, PyTorch and Keras, from the templates that Python fills too. */
import {
  "convolution-2d" as convolution,
  gradients,
  loads,
  "pooling-2d" as pooling2d,
  sizes as pictureSizes,
} from "../../../convwidgets/export/templates.json";
import { randomStart } from "../engine/dice";
import type { ChannelChoice } from "../engine/types";
import { type ConvolutionSettings, type Shapes, shapes } from "./convolution_state";
import { type GradientSettings, gradientShapes, inputMatrix, kernelOf, operationOf, rowsOf } from "./gradient_state";
import { type Matrix, matrices } from "./kernels";
import { type Picture, interleave, syntheticCode } from "./pictures";
import { type PoolingSettings, poolingShapes } from "./pooling_state";

export type Line = string | readonly string[];
type Facts = Record<string, boolean>;
type Names = Record<string, string | number>;

const TEMPLATES = { "convolution-2d": convolution, gradients, "pooling-2d": pooling2d };
export const LIBRARIES = { numpy: "NumPy", scipy: "SciPy", torch: "PyTorch", keras: "Keras" } as const;
const WIDEST = 80;
const LITERAL_SIDE = 32;

export interface CodeTab {
  value: string;
  label: string;
  code: string;
}

/** The convolution's programs, one for each library. */
export function convolutionCode(settings: ConvolutionSettings, picture: Picture): CodeTab[] {
  const sizes = shapes(settings);
  if (typeof sizes === "string") return [];
  const [facts, names] = pictureParts(picture, settings.channels, matrices(settings.kernel).length === 3);
  return programs("convolution-2d", { ...facts, ...convolutionFacts(settings, sizes) }, {
    ...names,
    ...convolutionNames(settings, sizes, facts["flat"] === true),
  });
}

/** The pooling's programs, one for each library. */
export function poolingCode(settings: PoolingSettings, picture: Picture): CodeTab[] {
  const sizes = poolingShapes(settings);
  if (typeof sizes === "string") return [];
  const [facts, names] = pictureParts(picture, settings.channels, false);
  const { pooling, pool_size: size, pool_stride: stride, padding, dilation, shift } = settings;
  const reach = dilation * (size - 1) + 1;
  const over = ([0, 1] as const).map((axis) =>
    Math.max(0, ((sizes.output[axis] as number) - 1) * stride + reach - (sizes.input[axis] as number) - 2 * padding),
  );
  const overhangs = over.some((cells) => cells > 0);
  const flat = facts["flat"] === true;
  const pairs = (ends: readonly (readonly number[])[]) => tuple(flat ? ends : [...ends, [0, 0]]);
  const overEnds = over.map((cells) => [0, cells]);
  return programs(
    "pooling-2d",
    {
      ...facts,
      maximum: pooling === "max",
      minimum: pooling === "min",
      average: pooling === "average",
      shifted: shift.some((cells) => cells !== 0),
      padded: padding !== 0,
      over: overhangs,
      edged: padding !== 0 || overhangs,
      ceil: settings.ceil_mode,
      strided: stride !== 1,
      dilated: dilation !== 1,
      layer: dilation === 1 && !(pooling === "average" && overhangs),
    },
    {
      ...names,
      pool_size: size,
      stride,
      dilation,
      padding,
      down: shift[0],
      right: shift[1],
      reach,
      middle: Math.floor(reach / 2),
      rows: sizes.output[0],
      columns: sizes.output[1],
      pads: pairs([[padding, padding], [padding, padding]]),
      over: pairs(overEnds),
      over_flat: tuple(overEnds),
      pads_and_over: pairs(over.map((cells) => [padding, padding + cells])),
    },
  );
}

/** The gradient explorer's programs, one for each library. */
export function gradientCode(settings: GradientSettings): CodeTab[] {
  const sizes = gradientShapes(settings);
  if (typeof sizes === "string") return [];
  const { task, stride, padding, dilation, upstream } = settings;
  const learn = task === "learn";
  const operation = operationOf(settings);
  const [rows, columns] = sizes.window;
  const [matrix = []] = matrices(kernelOf(settings));
  const facts = {
    learn,
    backward: !learn,
    convolved: operation === "convolution",
    maximum: operation === "max",
    average: operation === "average",
    padded: padding > 0,
    strided: stride !== 1,
    dilated: dilation !== 1,
    biased: settings.bias !== 0,
    ones: upstream === "ones",
    cell: upstream === "cell",
    squares: upstream === "squares",
    own: typeof upstream !== "string",
    standardised: settings.standardise,
    random: settings.start === "random",
  };
  return programs("gradients", facts, {
    image: list(inputMatrix(settings)),
    kernel: list(matrix),
    bias: number(settings.bias),
    upstream: list(typeof upstream === "string" ? [[0]] : upstream),
    rows,
    columns,
    reach_rows: dilation * (rows - 1) + 1,
    reach_columns: dilation * (columns - 1) + 1,
    stride,
    padding,
    dilation,
    height: sizes.input[0],
    width: sizes.input[1],
    output_rows: sizes.output[0],
    output_columns: sizes.output[1],
    middle_row: Math.floor((sizes.output[0] - 1) / 2),
    middle_column: Math.floor((sizes.output[1] - 1) / 2),
    start: list(rowsOf(randomStart(rows * columns, settings.seed), columns)),
    rate: number(settings.rate),
    steps: settings.step,
  });
}

/** Fills the lines of a program whose facts hold. */
export function program(lines: readonly Line[], facts: Facts, names: Names): string {
  const kept = lines.flatMap((line) => {
    if (typeof line === "string") return [line];
    const [conditions = "", text = ""] = line;
    return conditions.split(" ").every((fact) => holds(fact, facts)) ? [text] : [];
  });
  return `${kept.map((text) => text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(names[name] ?? whole))).join("\n")}\n`;
}

function holds(fact: string, facts: Facts): boolean {
  return fact.startsWith("!") ? facts[fact.slice(1)] !== true : facts[fact] === true;
}

function programs(widget: keyof typeof TEMPLATES, facts: Facts, names: Names): CodeTab[] {
  return Object.entries(LIBRARIES).map(([value, label]) => ({
    value,
    label,
    code: program(TEMPLATES[widget][value as keyof typeof LIBRARIES] as Line[], facts, names),
  }));
}

function pictureParts(picture: Picture, channels: ChannelChoice, stack: boolean): [Facts, Names] {
  const { name, shape } = picture;
  const [height = 0, width = 0] = shape;
  const full = pictureSizes[name as keyof typeof pictureSizes] as number[] | undefined;
  const formula = syntheticCode(name);
  const photograph = full !== undefined;
  const literal = !photograph && formula === null && Math.max(height, width) <= LITERAL_SIDE;
  const coloured = picture.maps.channels === 3;
  const choice = stack ? "sum" : channels;
  const channel = ["red", "green", "blue"].indexOf(choice);
  const facts = {
    picture: photograph,
    formula: !photograph && formula !== null,
    literal,
    widget: !photograph && formula === null && !literal,
    resized: photograph && (full[0] !== height || full[1] !== width),
    flat: !coloured || (choice !== "each" && choice !== "sum"),
    luma: coloured && choice === "grey",
    one: coloured && channel >= 0,
    each: coloured && choice === "each",
    sum: coloured && choice === "sum",
  };
  const load = loads[name as keyof typeof loads] ?? `data.${name}()`;
  const names: Names = { load, formula: formula ?? "", height, width, channel: Math.max(channel, 0) };
  if (literal) names["numbers"] = list(nested(interleave(picture.maps), shape));
  return [facts, names];
}

function convolutionFacts(settings: ConvolutionSettings, { pad }: Shapes): Facts {
  const { padding, padding_mode: mode, stride, dilation, activation, pooling } = settings;
  return {
    stack: matrices(settings.kernel).length === 3,
    flipped: settings.flip,
    padded: pad.some((cells) => cells !== 0),
    zeros: mode === "zeros",
    symmetric: pad[0] === pad[1] && pad[2] === pad[3],
    layer_pads: !(padding === "same" && mode === "zeros" && (stride === 1 || dilation === 1)),
    strided: stride !== 1,
    dilated: dilation !== 1,
    biased: settings.bias !== 0,
    relu: activation === "relu",
    abs: activation === "abs",
    clip: activation === "clip",
    pooled: pooling !== "none",
    maximum: pooling === "max",
    average: pooling === "average",
  };
}

function convolutionNames(settings: ConvolutionSettings, { kernel, pad }: Shapes, flat: boolean): Names {
  const planes = matrices(settings.kernel);
  const { dilation, padding_mode: mode } = settings;
  const ends = [[pad[0], pad[1]], [pad[2], pad[3]], ...(flat ? [] : [[0, 0]])];
  return {
    kernel: list(planes.length === 3 ? planes : (planes[0] as Matrix)),
    rows: kernel[0],
    columns: kernel[1],
    reach_rows: dilation * (kernel[0] - 1) + 1,
    reach_columns: dilation * (kernel[1] - 1) + 1,
    stride: settings.stride,
    dilation,
    bias: number(settings.bias),
    top: pad[0],
    bottom: pad[1],
    left: pad[2],
    right: pad[3],
    pads: tuple(ends),
    numpy_mode: { zeros: "", reflect: "reflect", replicate: "edge", circular: "wrap" }[mode],
    torch_mode: mode,
    correlate: settings.flip ? "convolve2d" : "correlate2d",
    pool_size: settings.pool_size,
    pool_stride: settings.pool_stride,
  };
}

type Nested = number | readonly Nested[];

/** A matrix as nested Python lists; its rows on lines of their own where one line would be long. */
function list(values: Nested): string {
  if (typeof values === "number") return number(values);
  const flat = `[${values.map(list).join(", ")}]`;
  const innermost = Array.isArray(values) && values.every((value) => typeof value === "number");
  if (innermost || flat.length <= WIDEST) return flat;
  const rows = values.map((value) => list(value).replaceAll("\n", "\n    "));
  return `[\n    ${rows.join(",\n    ")},\n]`;
}

function tuple(values: readonly (readonly number[])[]): string {
  return `(${values.map((pair) => `(${pair.join(", ")})`).join(", ")})`;
}

/** A number as Python reads it. */
function number(value: number): string {
  if (Number.isNaN(value)) return "np.nan";
  if (!Number.isFinite(value)) return value > 0 ? "np.inf" : "-np.inf";
  return String(value);
}

function nested(values: ArrayLike<number>, shape: readonly number[]): Nested {
  const [length = 0, ...rest] = shape;
  const size = rest.reduce((product, side) => product * side, 1);
  return Array.from({ length }, (_, i) =>
    rest.length === 0 ? (values[i] as number) : nested(Array.from(values).slice(i * size, (i + 1) * size), rest),
  );
}
