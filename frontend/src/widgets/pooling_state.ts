import { effectiveKernel, outputSize } from "../engine/geometry";
import type { ChannelChoice, Pads, PoolRequest } from "../engine/types";
import { t } from "../words";
import type { PictureState } from "./explorer";
import type { Picture, PictureDescriptor } from "./pictures";
import { PICTURE_VIEW_DEFAULTS } from "./view_state";

export interface PoolingSettings {
  image: PictureDescriptor;
  pooling: "max" | "average" | "min";
  pool_size: number;
  pool_stride: number;
  padding: number;
  dilation: number;
  ceil_mode: boolean;
  shift: [number, number];
  channels: ChannelChoice;
}

export type PoolingState = PictureState<PoolingSettings>;

export const POOLING_SETTINGS = [
  "image",
  "pooling",
  "pool_size",
  "pool_stride",
  "padding",
  "dilation",
  "ceil_mode",
  "shift",
  "channels",
] as const satisfies readonly (keyof PoolingSettings)[];

export const POOLING_DEFAULTS: PoolingState = {
  ...PICTURE_VIEW_DEFAULTS,
  image: { name: "", label: "", shape: [1, 1], dtype: "float32", id: "" },
  pooling: "max",
  pool_size: 2,
  pool_stride: 2,
  padding: 0,
  dilation: 1,
  ceil_mode: false,
  shift: [0, 0],
  channels: "grey",
  kept: null,
};

export interface PoolingShapes {
  input: [number, number];
  pad: Pads;
  output: [number, number];
}

export function poolingShapes(settings: PoolingSettings): PoolingShapes | string {
  const [height = 0, width = 0] = settings.image.shape;
  const { pool_size: size, pool_stride: stride, padding, dilation, ceil_mode: ceil } = settings;
  const most = Math.floor(size / 2);
  if (padding > most) return t("rule.poolPadding", { most, size });
  const axis = (side: number) => outputSize(side, size, stride, [padding, padding], dilation, ceil);
  const output: [number, number] = [axis(height), axis(width)];
  if (output[0] < 1 || output[1] < 1) {
    const reach = effectiveKernel(size, dilation);
    return t("rule.pool", { pool: `${reach} × ${reach}`, size: `${height + 2 * padding} × ${width + 2 * padding}` });
  }
  return { input: [height, width], pad: [padding, padding, padding, padding], output };
}

export function poolRequest(settings: PoolingSettings, picture: Picture, { pad }: PoolingShapes): PoolRequest {
  const { pool_size: size, pool_stride: stride, dilation } = settings;
  return {
    kind: "pooling",
    image: picture.maps,
    channels: settings.channels,
    shift: settings.shift,
    op: settings.pooling,
    size: [size, size],
    stride: [stride, stride],
    pad,
    dilation: [dilation, dilation],
    ceilMode: settings.ceil_mode,
  };
}

/** The smallest change that makes settings fit a new picture. */
export function repairPooling(settings: PoolingSettings): Partial<PoolingSettings> {
  const remedies: Partial<PoolingSettings>[] = [
    {},
    { dilation: 1 },
    { dilation: 1, padding: 0, pool_size: 2, pool_stride: 2 },
    { dilation: 1, padding: 0, pool_size: 1, pool_stride: 1 },
  ];
  return remedies.find((remedy) => typeof poolingShapes({ ...settings, ...remedy }) !== "string") ?? {};
}
