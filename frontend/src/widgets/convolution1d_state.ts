/** The settings of the one-dimensional explorer, their sizes, and what is computed from them. */
import type { PageEngine } from "../engine/engine";
import { type Padding, effectiveKernel, outputSize, resolvePadding } from "../engine/geometry";
import { conv1d } from "../engine/signal";
import catalogue from "../generated/catalogue.json";
import { t } from "../words";
import { CELLS, LAGS, STEP, sampleCurve } from "./curves";
import type { ExplorerSpec, ExplorerState, Frame } from "./explorer";
import { VIEW_DEFAULTS, type ViewSettings } from "./view_state";

/** A name of a gallery, or numbers. */
export type Series = string | number[];
export type SignalPadding = Padding | "causal";

export interface SignalSettings {
  mode: "discrete" | "continuous";
  signal: Series;
  kernel: Series;
  stride: number;
  padding: SignalPadding;
  dilation: number;
  flip: boolean;
  f: Series;
  g: Series;
  f_width: number;
  g_width: number;
}

export interface SignalView extends ViewSettings {
  compare: boolean;
  position: number | null;
}

export type SignalState = ExplorerState<SignalSettings, SignalView>;

export interface Example {
  name: string;
  title: string;
  text: string;
  values: number[];
}

export const signalGallery = catalogue.signals as Example[];
export const signalKernels = catalogue.signal_kernels as Example[];

export const SIGNAL_DEFAULTS: SignalState = {
  mode: "discrete",
  signal: "step",
  kernel: "difference",
  stride: 1,
  padding: "valid",
  dilation: 1,
  flip: false,
  f: "box",
  g: "box",
  f_width: 1,
  g_width: 1,
  compare: false,
  position: null,
  ...VIEW_DEFAULTS,
  speed: 2,
  kept: null,
};

const SETTINGS = [
  "mode", "signal", "kernel", "stride", "padding", "dilation", "flip", "f", "g", "f_width", "g_width",
] as const satisfies readonly (keyof SignalSettings)[];

export interface SignalSizes {
  length: number;
  taps: number;
  pad: readonly [before: number, after: number];
  output: number;
}

/** The paddings that are often taken for one another. */
export type Compared = "same" | "half" | "habit";
export const COMPARED: readonly Compared[] = ["same", "half", "habit"];

export interface SignalRequest {
  signal: Float32Array;
  kernel: Float32Array;
  stride: number;
  pad: readonly [number, number];
  dilation: number;
  flip: boolean;
  compared: Record<Compared, readonly [number, number]> | null;
}

export interface SignalResult {
  signal: Float32Array;
  kernel: Float32Array;
  output: Float32Array;
  compared: Record<Compared, Float32Array> | null;
}

export const signalSpec: ExplorerSpec<SignalSettings, SignalSizes, SignalRequest, SignalResult, null, SignalView> = {
  defaults: SIGNAL_DEFAULTS,
  settings: SETTINGS,
  undoable: ["compare"],
  shapes: signalSizes,
  fetch: () => null,
  request: (settings, _, sizes) => signalRequest(settings, sizes),
  run: runSignal,
  cost: ({ signal, kernel }) => signal.length * kernel.length,
  fromKernel(frame, { signal, kernel, compared }) {
    const row = (name: string) => (frame as Frame)[name]?.data ?? new Float32Array(0);
    return {
      signal,
      kernel,
      output: row("output"),
      compared: compared && { same: row("same"), half: row("half"), habit: row("habit") },
    };
  },
};

/** The numbers of a signal or a kernel. */
export function seriesValues(series: Series, gallery: readonly Example[]): number[] {
  if (typeof series !== "string") return series;
  return gallery.find(({ name }) => name === series)?.values ?? [0];
}

export function signalSizes(settings: SignalSettings): SignalSizes | string {
  if (settings.mode === "continuous") return { length: CELLS, taps: CELLS, pad: [LAGS, LAGS], output: 2 * LAGS + 1 };
  const length = seriesValues(settings.signal, signalGallery).length;
  const taps = seriesValues(settings.kernel, signalKernels).length;
  const { stride, dilation } = settings;
  const pad = padOf(settings.padding, length, taps, stride, dilation);
  const output = outputSize(length, taps, stride, pad, dilation);
  if (output < 1) {
    return t("rule.signal", { reach: effectiveKernel(taps, dilation), padded: length + pad[0] + pad[1] });
  }
  return { length, taps, pad, output };
}

/** The zeros before and after that a padding asks for. */
export function padOf(padding: SignalPadding, length: number, taps: number, stride: number, dilation: number): readonly [number, number] {
  if (padding === "causal") return [dilation * (taps - 1), 0];
  const [, , before, after] = resolvePadding(padding, [1, length], [1, taps], [1, stride], [1, dilation]);
  return [before, after];
}

/** What the paddings of the comparison ask for; PyTorch's habit is half of the kernel on both sides. */
export function comparedPads(settings: SignalSettings, { length, taps }: SignalSizes): Record<Compared, readonly [number, number]> {
  const { stride, dilation } = settings;
  const pad = (padding: SignalPadding) => padOf(padding, length, taps, stride, dilation);
  return { same: pad("same"), half: pad("half"), habit: pad(dilation * Math.floor(taps / 2)) };
}

export function signalRequest(settings: SignalSettings, sizes: SignalSizes): SignalRequest {
  const { pad } = sizes;
  if (settings.mode === "continuous") {
    const kernel = sampleCurve(settings.g, settings.g_width).map((value) => value * STEP);
    return { signal: sampleCurve(settings.f, settings.f_width), kernel, stride: 1, pad, dilation: 1, flip: settings.flip, compared: null };
  }
  const { stride, dilation, flip } = settings;
  return {
    signal: Float32Array.from(seriesValues(settings.signal, signalGallery)),
    kernel: Float32Array.from(seriesValues(settings.kernel, signalKernels)),
    stride,
    pad,
    dilation,
    flip,
    compared: comparedPads(settings, sizes),
  };
}

export function runSignal(engine: PageEngine, request: SignalRequest): SignalResult {
  const { signal, kernel, compared } = request;
  const padded = (pad: readonly [number, number]) => conv1d(engine, signal, kernel, { ...request, pad });
  return {
    signal,
    kernel,
    output: padded(request.pad),
    compared: compared && { same: padded(compared.same), half: padded(compared.half), habit: padded(compared.habit) },
  };
}

/**
 * Where an output value stands on the signal's axis: in the middle of its window, but under the last
 * cell of a causal one, which looks back alone.
 */
export function placeOf(index: number, { stride, dilation, padding }: SignalSettings, taps: number, before: number): number {
  const reach = dilation * (taps - 1);
  return index * stride - before + (padding === "causal" ? reach : reach / 2);
}
