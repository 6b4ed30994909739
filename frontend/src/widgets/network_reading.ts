/** Reading a network from Keras or PyTorch code: the layers that are called, in their order. */
import { resolvePadding } from "../engine/geometry";
import { type Kind, type Layer, type ShortLayer, fullLayer, trace } from "../engine/layers";
import { t } from "../words";
import { windowOf } from "./network_code";

export interface ReadNetwork {
  layers: Layer[];
  input: number[];
}

type Value = number | string | boolean | null | Value[];

interface Call {
  name: string;
  given: Value[];
  words: Record<string, Value>;
}

/** Classes whose layers stand for themselves, by their name in small letters. */
const PLAIN: Record<string, Kind> = {
  relu: "relu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  softmax: "softmax",
  flatten: "flatten",
  batchnormalization: "batch_norm",
  batchnorm1d: "batch_norm",
  batchnorm2d: "batch_norm",
};
const IGNORED = new Set(["sequential", "inputlayer", "identity"]);
const ACTIVATIONS: readonly string[] = ["relu", "sigmoid", "tanh", "softmax"];

/** The network in a program, or words that say what cannot be read; `input` is the shape where the program names none. */
export function readNetwork(code: string, input: readonly number[]): ReadNetwork | string {
  try {
    return assemble(calls(code), input);
  } catch (error) {
    if (error instanceof Unread) return error.message;
    throw error;
  }
}

class Unread extends Error {}

function assemble(all: readonly Call[], start: readonly number[]): ReadNetwork {
  let input = [...start];
  let pads: number[][] | null = null;
  const layers: Layer[] = [];
  const add = (short: ShortLayer) => {
    const layer = fullLayer(short);
    if (pads) layer.padding = paddingOf(pads, layer, trace(layers, input).at(-1)?.output ?? input);
    pads = null;
    layers.push(layer);
  };
  for (const call of all) {
    const kind = call.name.toLowerCase();
    const { given, words } = call;
    const shape = kind === "input" ? (words["shape"] ?? given[0]) : words["input_shape"];
    if (Array.isArray(shape)) input = shape.map(Number);
    if (kind === "input" || IGNORED.has(kind)) continue;
    const activation = kind === "activation" ? given[0] : words["activation"];
    if (kind.startsWith("zeropad") || kind.startsWith("constantpad")) pads = padsOf(call);
    else if (kind !== "activation") add(layerOf(call, layers.length === 0 ? (channels) => (input = [...input.slice(0, -1), channels]) : null));
    if (activation === undefined || activation === null || activation === "linear") continue;
    if (!ACTIVATIONS.includes(String(activation))) throw new Unread(t("read.unknown", { name: String(activation) }));
    add(String(activation) as Kind);
  }
  if (layers.length === 0) throw new Unread(t("read.nothing"));
  return { layers, input };
}

function layerOf({ name, given, words }: Call, takeChannels: ((channels: number) => void) | null): ShortLayer {
  const kind = name.toLowerCase();
  const torch = /^(Conv|MaxPool|AvgPool)\dd$/.test(name) || name === "Linear";
  const plain = PLAIN[kind];
  if (plain) return plain;
  const take = (index: number, ...keys: string[]): Value | undefined => keys.map((key) => words[key]).find((value) => value !== undefined) ?? given[index];
  const whole = (value: Value | undefined): number => {
    if (typeof value !== "number" || !Number.isInteger(value)) throw new Unread(t("read.number", { name }));
    return value;
  };
  const sizes = (value: Value | undefined): number[] | number | undefined =>
    Array.isArray(value) ? value.map(whole) : value === undefined || value === null ? undefined : whole(value);
  const optional = (key: string, value: number[] | number | undefined) => (value === undefined ? {} : { [key]: value });
  const bias = words["bias"] ?? words["use_bias"] ?? true;
  if ((words["groups"] ?? 1) !== 1 || words["ceil_mode"] === true) throw new Unread(t("read.unknown", { name: `${name}(…groups, ceil_mode)` }));
  if (/^conv[12]d$/.test(kind)) {
    const from = torch ? 1 : 0;
    if (torch && takeChannels) takeChannels(whole(take(0, "in_channels")));
    return {
      kind: kind as Kind,
      filters: whole(take(from, "out_channels", "filters")),
      ...optional("kernel_size", sizes(take(from + 1, "kernel_size"))),
      ...optional("stride", sizes(take(from + 2, "stride", "strides"))),
      padding: paddingWord(take(from + 3, "padding"), name),
      ...optional("dilation", sizes(words["dilation"] ?? words["dilation_rate"])),
      bias: bias === true,
    };
  }
  const pool = /^(max|avg|average)pool(?:ing)?([12])d$/.exec(kind);
  if (pool) {
    return {
      kind: `${pool[1] === "max" ? "max" : "avg"}_pool${pool[2]}d` as Kind,
      ...optional("pool_size", sizes(take(0, "kernel_size", "pool_size"))),
      ...optional("stride", sizes(take(1, "stride", "strides"))),
      padding: paddingWord(take(2, "padding"), name),
    };
  }
  if (kind === "dense" || kind === "linear") return { kind: "dense", units: whole(take(torch ? 1 : 0, "out_features", "units")), bias: bias === true };
  if (kind.startsWith("dropout")) return { kind: "dropout", rate: Number(take(0, "p", "rate") ?? 0.5) };
  throw new Unread(t("read.unknown", { name }));
}

function paddingWord(value: Value | undefined, name: string): "valid" | "same" | number {
  const one = Array.isArray(value) && value.every((cells) => cells === value[0]) ? value[0] : value;
  if (one === undefined || one === null || one === "valid" || one === 0) return "valid";
  if (one === "same") return "same";
  if (typeof one !== "number") throw new Unread(t("read.padding", { name }));
  return one;
}

/** The cells that a padding layer adds at the ends of each axis, rows first. */
function padsOf({ name, given, words }: Call): number[][] {
  const value = words["padding"] ?? given[0] ?? 1;
  const rank = Number(/(\d)[dD]$/.exec(name)?.[1] ?? 2);
  if (typeof value === "number") return Array.from({ length: rank }, () => [value, value]);
  const flat = (value as Value[]).flat().map(Number);
  if (name.endsWith("D")) {
    const pairs = Array.isArray((value as Value[])[0]) || rank === 1;
    return Array.from({ length: rank }, (_, i) => (pairs ? flat.slice(2 * i, 2 * i + 2) : [flat[i] ?? 0, flat[i] ?? 0]));
  }
  return Array.from({ length: rank }, (_, i) => flat.slice(2 * i, 2 * i + 2)).reverse();
}

function paddingOf(pads: readonly (readonly number[])[], layer: Layer, given: readonly number[]): "same" | number {
  const numbers = new Set(pads.flat());
  if (numbers.size === 1) return pads[0]?.[0] ?? 0;
  const same = windowOf(layer).map((size, i) => {
    const [side, stride, dilation] = [given[i] ?? 1, layer.stride?.[i] ?? 1, layer.dilation?.[i] ?? 1];
    return resolvePadding("same", [side, side], [size, size], [stride, stride], [dilation, dilation]).slice(0, 2);
  });
  if (JSON.stringify(same) !== JSON.stringify(pads)) throw new Unread(t("read.padding", { name: layer.kind }));
  return "same";
}

/** Every call of a class, with its arguments; what it is called on does not matter. */
function calls(code: string): Call[] {
  const text = code.replace(/#[^\n]*/g, "");
  const found: Call[] = [];
  for (const match of text.matchAll(/\b([A-Z]\w*)\s*\(/g)) {
    const name = match[1] as string;
    const inside = balanced(text, match.index + match[0].length);
    if (name === "Sequential") continue;
    const call: Call = { name, given: [], words: {} };
    for (const part of split(inside)) {
      const named = /^(\w+)\s*=\s*([\s\S]+)$/.exec(part);
      if (named) call.words[named[1] as string] = valueOf(named[2] as string);
      else call.given.push(valueOf(part));
    }
    found.push(call);
  }
  return found;
}

/** The text up to the bracket that closes what was opened before `from`. */
function balanced(text: string, from: number): string {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if ("([{".includes(text[at] as string)) depth += 1;
    else if (")]}".includes(text[at] as string)) depth -= 1;
    if (depth === 0) return text.slice(from, at);
  }
  throw new Unread(t("read.open"));
}

/** The parts between the commas that stand in no bracket. */
function split(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

function valueOf(text: string): Value {
  const inner = /^[([]([\s\S]*)[)\]]$/.exec(text);
  if (inner) return split(inner[1] as string).map(valueOf);
  const quoted = /^["'](.*)["']$/.exec(text);
  if (quoted) return quoted[1] as string;
  if (text === "True" || text === "False") return text === "True";
  if (text === "None") return null;
  const number = Number(text.replace(/_/g, ""));
  return Number.isNaN(number) ? text : number;
}
