/** A network as a program for Keras or PyTorch: the text that Python's `to_code` writes too. */
import { type Axis, KINDS, type Layer, type Row, isWindowed } from "../engine/layers";

export type NetworkFramework = "keras" | "torch";

/** What does not fit is left out, and a comment names the layer. */
export function networkCode(framework: NetworkFramework, rows: readonly Row[], input: readonly number[]): string {
  const write = framework === "keras" ? keras : torch;
  const lines = rows.filter((row) => !row.rule).flatMap(write);
  const misfits = rows
    .filter((row) => row.rule && row.rule !== "before")
    .map((row) => `# ${row.name} does not fit what it is given: it is left out, and what follows it.`);
  const body = [...lines, ...misfits].map((line) => `    ${line}\n`).join("");
  if (framework === "torch") return `from torch import nn\n\nmodel = nn.Sequential(\n${body})\n`;
  return `import keras\nfrom keras import layers\n\nmodel = keras.Sequential([\n    keras.Input(${tuple(input)}),\n${body}])\nmodel.summary()\n`;
}

function keras({ layer, axes }: Row): string[] {
  const { kind, padding, stride = [], dilation = [] } = layer;
  const call = (...words: string[]) => `layers.${KINDS[kind][0]}(${words.join(", ")}),`;
  if (kind === "dense") return [call(String(layer.units), ...unbiased(layer, "use_bias"))];
  if (kind === "dropout") return [call(String(layer.rate))];
  if (kind === "sigmoid" || kind === "tanh") return [call(`"${kind}"`)];
  if (!isWindowed(kind)) return [call()];
  const convolves = kind.startsWith("conv");
  const size = windowOf(layer);
  const words = convolves ? [String(layer.filters), sizes(size)] : [sizes(size)];
  if (!equal(stride, convolves ? stride.map(() => 1) : size)) words.push(`strides=${sizes(stride)}`);
  if (padding === "same") words.push('padding="same"');
  if (dilation.some((rate) => rate !== 1)) words.push(`dilation_rate=${sizes(dilation)}`);
  const padded = typeof padding === "number" && padding > 0 ? [`layers.ZeroPadding${axes.length}D(${padding}),`] : [];
  return [...padded, call(...words, ...unbiased(layer, "use_bias"))];
}

const PLAIN: Partial<Record<Layer["kind"], string>> = {
  relu: "ReLU()",
  sigmoid: "Sigmoid()",
  tanh: "Tanh()",
  softmax: "Softmax(dim=1)",
};

function torch(row: Row): string[] {
  const { layer, input } = row;
  const { kind } = layer;
  const channels = input?.at(-1) ?? 0;
  const rank = (input?.length ?? 1) - 1;
  const plain = PLAIN[kind];
  if (plain) return [`nn.${plain},`];
  if (kind === "dropout") return [`nn.Dropout(${layer.rate}),`];
  if (kind === "batch_norm") return [`nn.BatchNorm${Math.max(rank, 1)}d(${channels}),`];
  if (kind === "flatten") {
    return [`nn.Flatten(),${rank > 0 && channels > 1 ? "  # in another order than Keras: channel by channel" : ""}`];
  }
  if (kind !== "dense") return torchWindows(row, channels);
  const words = [String(channels), String(layer.units)];
  const without = unbiased(layer, "bias");
  if (rank > 0) return [`nn.Conv${rank}d(${[...words, "1", ...without].join(", ")}),  # dense at each place`];
  return [`nn.Linear(${[...words, ...without].join(", ")}),`];
}

function torchWindows({ layer, axes }: Row, channels: number): string[] {
  const { kind, padding, stride = [], dilation = [] } = layer;
  const convolves = kind.startsWith("conv");
  const size = windowOf(layer);
  const words = convolves ? [String(channels), String(layer.filters), sizes(size)] : [sizes(size)];
  if (!equal(stride, convolves ? stride.map(() => 1) : size)) words.push(`stride=${sizes(stride)}`);
  const pad: string[] = [];
  if (padding === "same" && axes.some(({ before, after }) => before + after > 0)) {
    if (convolves && stride.every((step) => step === 1)) {
      words.push('padding="same"');
    } else if (axes.every(({ before, after }) => before === after) && fits(axes, convolves)) {
      words.push(`padding=${sizes(axes.map(({ before }) => before))}`);
      if (kind.startsWith("avg")) words.push("count_include_pad=False");
    } else {
      pad.push(torchPad(axes, kind));
    }
  } else if (typeof padding === "number" && padding > 0) {
    words.push(`padding=${padding}`);
  }
  if (dilation.some((rate) => rate !== 1)) words.push(`dilation=${sizes(dilation)}`);
  const name = convolves ? "Conv" : kind.startsWith("max") ? "MaxPool" : "AvgPool";
  return [...pad, `nn.${name}${axes.length}d(${[...words, ...unbiased(layer, "bias")].join(", ")}),`];
}

/** PyTorch's poolings take padding of at most half their window. */
function fits(axes: readonly Axis[], convolves: boolean): boolean {
  return convolves || axes.every(({ before, kernel }) => before <= Math.floor(kernel / 2));
}

/** Pads by a layer of its own; the last axis comes first. */
function torchPad(axes: readonly Axis[], kind: Layer["kind"]): string {
  const pads = tuple([...axes].reverse().flatMap(({ before, after }) => [before, after]));
  if (kind.startsWith("max")) return `nn.ConstantPad${axes.length}d(${pads}, float("-inf")),`;
  const note = kind.startsWith("avg") ? "  # Keras leaves these zeros out of the means" : "";
  return `nn.ZeroPad${axes.length}d(${pads}),${note}`;
}

/** The sizes of a layer's window. */
export function windowOf({ kernel_size, pool_size }: Layer): number[] {
  return kernel_size ?? pool_size ?? [];
}

function unbiased({ bias }: Layer, key: string): string[] {
  return bias === false ? [`${key}=False`] : [];
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function sizes(numbers: readonly number[]): string {
  return numbers.every((value) => value === numbers[0]) ? String(numbers[0]) : tuple(numbers);
}

function tuple(numbers: readonly number[]): string {
  return `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`;
}
