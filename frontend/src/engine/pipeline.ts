/** What one move of a slider computes, from the picture to the pooled map. */
import { EngineError, checkKernel, checkMaps, checkOneOf } from "./checks";
import { type PageEngine, finish } from "./engine";
import { effectiveField, sidesOf } from "./receptive";
import type {
  ChannelChoice,
  Job,
  JobResult,
  Kernel,
  Maps,
  PipelineRequest,
  PipelineResult,
  PoolRequest,
  PoolResult,
} from "./types";

/** The weights of ITU-R Recommendation BT.709, with which scikit-image makes a picture grey. */
const LUMA = Float32Array.of(0.2125, 0.7154, 0.0721);

const CHANNELS: readonly ChannelChoice[] = ["grey", "red", "green", "blue", "sum", "each"];

/** Runs a job to its end. */
export function run<J extends Job>(engine: PageEngine, job: J): JobResult<J> {
  return finish(parts(engine, job, Infinity));
}

/** Runs a job in parts of about `work` multiply-adds; yields the fraction done after each. */
export function parts<J extends Job>(engine: PageEngine, job: J, work: number): Generator<number, JobResult<J>> {
  const steps =
    job.kind === "field"
      ? effectiveField(engine, { ...job, image: select(engine, job.image, sidesOf(job.shape)[2] > 1 ? "each" : "grey") })
      : job.kind === "convolution"
        ? convolution(engine, job, work)
        : pooling(engine, job);
  return steps as Generator<number, JobResult<J>>;
}

function* convolution(engine: PageEngine, request: PipelineRequest, work: number): Generator<number, PipelineResult> {
  checkOneOf("pooling", request.pooling, ["none", "max", "average"]);
  if (!Number.isFinite(request.bias)) throw new EngineError(`bias must be a finite number, got ${request.bias}`);
  const selected = select(engine, request.image, request.channels);
  const { stride, dilation, pad, paddingMode } = request;
  const kernel = laidOn(request.kernel, selected.channels, request.flip);
  const summed = selected.channels > 1 && request.channels === "sum";
  const bias = new Float32Array(selected.channels).fill(summed ? 0 : request.bias);
  const own = yield* engine.conv2dInParts(
    selected,
    kernel,
    { stride: [stride, stride], dilation: [dilation, dilation], pad, paddingMode, groups: selected.channels, bias },
    work,
  );
  const feature = summed ? sum(own, request.bias) : own;
  const activated = request.activation === "none" ? feature : engine.activate(feature, request.activation);
  const result = { selected, partial: summed ? own : null, feature, activated };
  const pool = {
    size: [request.poolSize, request.poolSize],
    stride: [request.poolStride, request.poolStride],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
    ceilMode: false,
  } as const;
  if (request.pooling === "none") return { ...result, output: activated, poolIndex: null };
  if (request.pooling === "average") {
    return { ...result, output: engine.avgPool2d(activated, { ...pool, countPadding: true }), poolIndex: null };
  }
  const { maps, index } = engine.maxPool2d(activated, pool);
  return { ...result, output: maps, poolIndex: index };
}

function* pooling(engine: PageEngine, request: PoolRequest): Generator<number, PoolResult> {
  checkOneOf("op", request.op, ["max", "average", "min"]);
  const selected = choose(engine, request);
  if (request.op === "average") {
    return { selected, output: engine.avgPool2d(selected, { ...request, countPadding: true }), index: null };
  }
  const pool = request.op === "max" ? engine.maxPool2d(selected, request) : engine.minPool2d(selected, request);
  return { selected, output: pool.maps, index: pool.index };
}

/** What is pooled: the chosen channels, shifted. */
export function choose(engine: PageEngine, request: PoolRequest): Maps {
  return rolled(select(engine, request.image, request.channels), request.shift);
}

/** The channels that are convolved. */
export function select(engine: PageEngine, image: Maps, choice: ChannelChoice): Maps {
  checkMaps("image", image);
  checkOneOf("channels", choice, CHANNELS);
  if (image.channels !== 1 && image.channels !== 3) {
    throw new EngineError(`image.channels must be 1 or 3, got ${image.channels}`);
  }
  if (image.channels === 1 || choice === "sum" || choice === "each") return image;
  if (choice === "grey") {
    const luma = { data: LUMA, filters: 1, channels: 3, height: 1, width: 1 };
    return engine.conv2d(image, luma, {
      stride: [1, 1],
      dilation: [1, 1],
      pad: [0, 0, 0, 0],
      paddingMode: "zeros",
      groups: 1,
    });
  }
  const size = image.height * image.width;
  const at = ["red", "green", "blue"].indexOf(choice) * size;
  return { ...image, channels: 1, data: image.data.slice(at, at + size) };
}

/** One filter for each channel, turned by half for a true convolution. */
function laidOn(kernel: Kernel, channels: number, flip: boolean): Kernel {
  checkKernel("kernel", kernel);
  if (kernel.filters !== 1 || (kernel.channels !== 1 && kernel.channels !== channels)) {
    throw new EngineError(
      `kernel must be one matrix, or one for each of the channels that are convolved (${channels}), ` +
        `got ${kernel.filters} × ${kernel.channels}`,
    );
  }
  const size = kernel.height * kernel.width;
  const data = new Float32Array(channels * size);
  for (let channel = 0; channel < channels; channel++) {
    const from = kernel.channels === 1 ? 0 : channel * size;
    const plane = kernel.data.slice(from, from + size);
    data.set(flip ? plane.reverse() : plane, channel * size);
  }
  return { data, filters: channels, channels: 1, height: kernel.height, width: kernel.width };
}

/** The channels' sums added up, and the bias. */
function sum(own: Maps, bias: number): Maps {
  const size = own.height * own.width;
  const data = own.data.slice(0, size);
  for (let channel = 1; channel < own.channels; channel++) {
    const plane = own.data.subarray(channel * size, (channel + 1) * size);
    for (let i = 0; i < size; i++) data[i] = (data[i] as number) + (plane[i] as number);
  }
  if (bias !== 0) for (let i = 0; i < size; i++) data[i] = (data[i] as number) + bias;
  return { ...own, channels: 1, data };
}

/** The image moved down and right, what leaves at one side coming in at the other. */
function rolled(image: Maps, [down, right]: readonly [number, number]): Maps {
  const { channels, height, width } = image;
  if (!Number.isInteger(down) || !Number.isInteger(right)) {
    throw new EngineError(`shift must be two whole numbers, got ${down}, ${right}`);
  }
  const rows = ((down % height) + height) % height;
  const columns = ((right % width) + width) % width;
  if (rows === 0 && columns === 0) return image;
  const data = new Float32Array(image.data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < height; i++) {
      const from = (channel * height + i) * width;
      const to = (channel * height + ((i + rows) % height)) * width;
      data.set(image.data.subarray(from, from + width - columns), to + columns);
      data.set(image.data.subarray(from + width - columns, from + width), to);
    }
  }
  return { ...image, data };
}
