import { type Padding, outputSize, resolvePadding } from "../engine/geometry";
import type { ChannelChoice, PaddingMode, Pads, PipelineRequest } from "../engine/types";
import { t } from "../words";
import type { PictureState } from "./explorer";
import { type KernelState, matrices, toEngine } from "./kernels";
import type { Picture, PictureDescriptor } from "./pictures";
import { PICTURE_VIEW_DEFAULTS } from "./view_state";

/** What decides the numbers. */
export interface ConvolutionSettings {
  image: PictureDescriptor;
  kernel: KernelState;
  stride: number;
  padding: Padding;
  padding_mode: PaddingMode;
  dilation: number;
  flip: boolean;
  bias: number;
  activation: "none" | "relu" | "abs" | "clip";
  pooling: "none" | "max" | "average";
  pool_size: number;
  pool_stride: number;
  channels: ChannelChoice;
}

export type ConvolutionState = PictureState<ConvolutionSettings>;

export const SETTINGS = [
  "image",
  "kernel",
  "stride",
  "padding",
  "padding_mode",
  "dilation",
  "flip",
  "bias",
  "activation",
  "pooling",
  "pool_size",
  "pool_stride",
  "channels",
] as const satisfies readonly (keyof ConvolutionSettings)[];

export const CONVOLUTION_DEFAULTS: ConvolutionState = {
  ...PICTURE_VIEW_DEFAULTS,
  image: { name: "", label: "", shape: [1, 1], dtype: "float32", id: "" },
  kernel: "identity",
  stride: 1,
  padding: "same",
  padding_mode: "zeros",
  dilation: 1,
  flip: false,
  bias: 0,
  activation: "none",
  pooling: "none",
  pool_size: 2,
  pool_stride: 2,
  channels: "grey",
  kept: null,
};

/** The sizes that follow from settings, or the rule that they break. */
export interface Shapes {
  input: [number, number];
  kernel: [number, number];
  pad: Pads;
  feature: [number, number];
  output: [number, number];
}

export function shapes(settings: ConvolutionSettings, size = settings.image.shape): Shapes | string {
  const [height = 0, width = 0] = size;
  const [matrix = []] = matrices(settings.kernel);
  const kernel: [number, number] = [matrix.length, matrix[0]?.length ?? 0];
  if (matrices(settings.kernel).length === 3 && size.length < 3) return t("rule.stack");
  const { stride, dilation, padding } = settings;
  const [top, bottom, left, right] = resolvePadding(padding, [height, width], kernel, [stride, stride], [dilation, dilation]);
  const limit = settings.padding_mode === "reflect" ? 1 : settings.padding_mode === "circular" ? 0 : -Infinity;
  if (Math.max(top, bottom) > height - limit || Math.max(left, right) > width - limit) {
    return t(settings.padding_mode === "reflect" ? "rule.reflect" : "rule.circular", { pad: Math.max(top, bottom, left, right), size: `${height} × ${width}` });
  }
  const feature: [number, number] = [
    outputSize(height, kernel[0], stride, [top, bottom], dilation),
    outputSize(width, kernel[1], stride, [left, right], dilation),
  ];
  if (feature[0] < 1 || feature[1] < 1) {
    const reach = kernel.map((side) => dilation * (side - 1) + 1).join(" × ");
    return t("rule.kernel", { kernel: reach, padded: `${height + top + bottom} × ${width + left + right}` });
  }
  const output = feature.map((side) =>
    settings.pooling === "none" ? side : outputSize(side, settings.pool_size, settings.pool_stride, [0, 0], 1),
  ) as [number, number];
  if (output[0] < 1 || output[1] < 1) {
    return t("rule.pool", { pool: `${settings.pool_size} × ${settings.pool_size}`, size: feature.join(" × ") });
  }
  return { input: [height, width], kernel, pad: [top, bottom, left, right], feature, output };
}

/** Why a change cannot be made, or null where it can. */
export function objection(settings: ConvolutionSettings, change: Partial<ConvolutionSettings>): string | null {
  const outcome = shapes({ ...settings, ...change });
  return typeof outcome === "string" ? outcome : null;
}

/**
 * The smallest change that makes settings fit a new picture: zeros outside, then padding "same",
 * then no pooling.
 */
export function repair(settings: ConvolutionSettings): Partial<ConvolutionSettings> {
  const [first = [[1]]] = matrices(settings.kernel);
  const kernel = settings.image.shape.length < 3 && matrices(settings.kernel).length === 3 ? { kernel: first } : {};
  const remedies: Partial<ConvolutionSettings>[] = [
    {},
    { padding_mode: "zeros" },
    { pooling: "none" },
    { padding: "same" },
    { padding: "same", padding_mode: "zeros" },
    { padding: "same", padding_mode: "zeros", pooling: "none" },
  ];
  const remedy = remedies.find((change) => objection(settings, { ...change, ...kernel }) === null);
  return { ...remedy, ...kernel };
}

export function pipelineRequest(settings: ConvolutionSettings, picture: Picture, { pad }: Shapes): PipelineRequest {
  const kernel = toEngine(settings.kernel);
  return {
    kind: "convolution",
    image: picture.maps,
    channels: kernel.channels === 3 ? "sum" : settings.channels,
    kernel,
    stride: settings.stride,
    pad,
    paddingMode: settings.padding_mode,
    dilation: settings.dilation,
    flip: settings.flip,
    bias: settings.bias,
    activation: settings.activation,
    pooling: settings.pooling,
    poolSize: settings.pool_size,
    poolStride: settings.pool_stride,
  };
}
