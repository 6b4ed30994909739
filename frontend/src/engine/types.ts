import type { Row } from "./layers";

/** One image: channels × rows × columns, float32. */
export interface Maps {
  data: Float32Array;
  channels: number;
  height: number;
  width: number;
}

/** Filters × channels × rows × columns, float32. */
export interface Kernel {
  data: Float32Array;
  filters: number;
  channels: number;
  height: number;
  width: number;
}

export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";
export type Pads = readonly [top: number, bottom: number, left: number, right: number];
export type Pair = readonly [rows: number, columns: number];
export type Activation = "none" | "relu" | "abs" | "clip";
export type ChannelChoice = "grey" | "red" | "green" | "blue" | "sum" | "each";

export interface Conv2dOptions {
  stride: Pair;
  pad: Pads;
  dilation: Pair;
  groups: number;
  paddingMode: PaddingMode;
  bias?: Float32Array;
  /** The multiply-adds from which Fourier transforms may take the place of sums. */
  transformsFrom?: number;
}

export interface TransposeOptions {
  stride: Pair;
  /** Cells cut off at the ends. */
  pad: Pads;
  outputPadding: Pair;
  dilation: Pair;
  groups: number;
  bias?: Float32Array;
}

export interface PoolOptions {
  size: Pair;
  stride: Pair;
  pad: Pads;
  dilation: Pair;
  ceilMode: boolean;
}

/** A whole convolution: choice of channels, padding, convolution, bias, activation, pooling. */
export interface PipelineRequest {
  kind: "convolution";
  image: Maps;
  channels: ChannelChoice;
  kernel: Kernel;
  stride: number;
  pad: Pads;
  paddingMode: PaddingMode;
  dilation: number;
  flip: boolean;
  bias: number;
  activation: Activation;
  pooling: "none" | "max" | "average";
  poolSize: number;
  poolStride: number;
}

export interface PipelineResult {
  /** What is convolved: one channel, or three. */
  selected: Maps;
  /** Each channel's own sum where several are added up, before the bias. */
  partial: Maps | null;
  /** After the bias. */
  feature: Maps;
  activated: Maps;
  /** After the pooling. */
  output: Maps;
  /** Where each greatest value stands in its plane of `activated`, for max pooling. */
  poolIndex: Int32Array | null;
}

/** A whole pooling: choice of channels, a circular shift, pooling. */
export interface PoolRequest extends PoolOptions {
  kind: "pooling";
  image: Maps;
  channels: ChannelChoice;
  shift: Pair;
  op: "max" | "average" | "min";
}

export interface PoolResult {
  selected: Maps;
  output: Maps;
  /** Where each winner stands in its plane of `selected`; null for the average. */
  index: Int32Array | null;
}

/** The effective receptive field of one unit of a network. */
export interface FieldRequest {
  kind: "field";
  image: Maps;
  /** The picture's greatest value: the network is given numbers from 0 to 1. */
  white: number;
  /** The network's input: rows, columns and channels, as `Row` has them. */
  shape: readonly number[];
  rows: readonly Row[];
  /** The unit's layer, and its row and column. */
  index: number;
  unit: Pair;
  /** Random weights; null for equal ones without rectifiers. */
  seed: number | null;
}

export interface FieldResult {
  /** The picture as the network is given it. */
  image: Maps;
  /** The first map of the unit's layer. */
  maps: Maps;
  /** The gradient of the unit for each cell, summed over the channels. */
  field: Maps;
}

export type Job = PipelineRequest | PoolRequest | FieldRequest;
export type JobResult<J extends Job> = J extends PipelineRequest
  ? PipelineResult
  : J extends PoolRequest
    ? PoolResult
    : FieldResult;
