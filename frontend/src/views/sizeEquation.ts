import { t } from "../words";
import { formatNumber } from "./format";
import type { Role } from "./theme";

/** The sizes behind an output size, row axis first. */
export interface SizeEquation {
  input: readonly [height: number, width: number];
  /** The kernel, or the pooling window. */
  window: readonly [height: number, width: number];
  pad: readonly [top: number, bottom: number, left: number, right: number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  ceil?: boolean;
  output: readonly [height: number, width: number];
}

/** A stretch of an equation and the role that colours it. */
export interface Segment {
  text: string;
  role?: Role;
}

/**
 * The equation of the output size with its numbers; one line where rows and columns agree, and for
 * a signal, which has columns alone.
 */
export function sizeLines(size: SizeEquation, signal = false): Segment[][] {
  const rows = axisOf(size, 0);
  const columns = axisOf(size, 1);
  if (signal || JSON.stringify(rows) === JSON.stringify(columns)) return [axisLine(columns)];
  return [
    [{ text: `${t("size.rows")} ` }, ...axisLine(rows)],
    [{ text: `${t("size.columns")} ` }, ...axisLine(columns)],
  ];
}

interface Axis {
  input: number;
  window: number;
  before: number;
  after: number;
  stride: number;
  dilation: number;
  ceil: boolean;
  output: number;
}

function axisOf(
  { input, window: read, pad, stride, dilation, ceil, output }: SizeEquation,
  axis: 0 | 1,
): Axis {
  return {
    input: input[axis],
    window: read[axis],
    before: pad[2 * axis] as number,
    after: pad[2 * axis + 1] as number,
    stride: stride[axis],
    dilation: dilation[axis],
    ceil: ceil ?? false,
    output: output[axis],
  };
}

function axisLine({ input, window: read, before, after, stride, dilation, ceil, output }: Axis): Segment[] {
  const [open, close] = ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
  const even = before === after;
  const free = input + before + after - dilation * (read - 1) - 1;
  const rounded = (ceil ? Math.ceil : Math.floor)(free / stride) + 1;
  const segments: Segment[] = [
    { text: "O", role: "output" },
    { text: ` = ${open}(` },
    { text: "I", role: "input" },
    { text: even ? " + 2P − D(" : " + P₁ + P₂ − D(" },
    { text: "K", role: "kernel" },
    { text: `−1) − 1) / S${close} + 1 = ${open}(` },
    { text: String(input), role: "input" },
    { text: ` + ${even ? `2·${before}` : `${before} + ${after}`} − ${dilation}·(` },
    { text: String(read), role: "kernel" },
    { text: `−1) − 1) / ${stride}${close} + 1` },
  ];
  if (stride > 1) segments.push({ text: ` = ${open}${formatNumber(free)} / ${stride}${close} + 1` });
  segments.push({ text: " = " });
  if (rounded !== output) segments.push({ text: `${rounded}${t("size.tooFar")} ` });
  segments.push({ text: String(output), role: "output" });
  return segments;
}
