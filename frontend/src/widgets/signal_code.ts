/** The one-dimensional explorer's programs, from the templates that Python fills too. */
import { "convolution-1d" as lines, curves } from "../../../convwidgets/export/templates.json";
import { type CodeTab, LIBRARIES, type Line, program } from "./code";
import { type Series, type SignalSettings, seriesValues, signalGallery, signalKernels, signalSizes } from "./convolution1d_state";

export function signalCode(settings: SignalSettings): CodeTab[] {
  const sizes = signalSizes(settings);
  if (typeof sizes === "string") return [];
  const continuous = settings.mode === "continuous";
  const { padding, flip } = settings;
  const [stride, dilation] = continuous ? [1, 1] : [settings.stride, settings.dilation];
  const [before, after] = sizes.pad;
  const byLayer = !continuous && (stride === 1 || dilation === 1);
  const [same, causal] = [byLayer && padding === "same", byLayer && padding === "causal"];
  const facts = {
    continuous,
    discrete: !continuous,
    flipped: flip,
    padded: before !== 0 || after !== 0,
    symmetric: before === after,
    strided: stride !== 1,
    dilated: dilation !== 1,
    layer_same: same,
    layer_causal: causal,
    layer_pads: !same && !causal,
  };
  const names = {
    signal: list(seriesValues(settings.signal, signalGallery)),
    kernel: list(seriesValues(settings.kernel, signalKernels)),
    f: formula(settings.f, settings.f_width),
    g: formula(settings.g, settings.g_width),
    before,
    after,
    stride,
    dilation,
    taps: sizes.taps,
    reach: dilation * (sizes.taps - 1) + 1,
    correlate: flip ? "convolve" : "correlate",
  };
  return Object.entries(LIBRARIES).map(([value, label]) => ({
    value,
    label,
    code: program(lines[value as keyof typeof LIBRARIES] as Line[], facts, names),
  }));
}

function formula(curve: Series, width: number): string {
  if (typeof curve !== "string") return filled(curves.drawn, { count: curve.length, values: list(curve) });
  return filled(curves[curve as keyof typeof curves], { width, half: width / 2, quarter: width / 4 });
}

function filled(text: string, names: Record<string, string | number>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(names[name] ?? whole));
}

function list(values: readonly number[]): string {
  return `[${values.join(", ")}]`;
}
