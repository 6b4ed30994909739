/** The controls of the one-dimensional explorer, in the order in which they stand. */
import { type Control, type Hands, choiceControl, numberControl, sliderControl, toggleControl } from "./control_list";
import { type SignalPadding, type SignalState, seriesValues, signalGallery, signalKernels } from "./convolution1d_state";
import { ofLength } from "./series_editors";

type S = SignalState;

/** A kernel on a signal, or two curves: the mode brings the operation and the speed usual for it. */
export function modeControl(hands: Hands<S>): Control<S> {
  return choiceControl(hands, {
    key: "mode",
    values: ["discrete", "continuous"] as const,
    change: (mode) => ({ mode, flip: mode === "continuous", position: null, speed: mode === "continuous" ? 5 : 2 }),
  });
}

/** Those that stand in one mode alone, by name. */
export const DISCRETE = ["signal_length", "kernel_size", "stride", "dilation", "padding", "padding_cells", "compare"] as const;
export const CONTINUOUS = ["f_width", "g_width"] as const;

export function signalControls(hands: Hands<S>): Control<S>[] {
  const width = (key: "f_width" | "g_width") =>
    sliderControl(hands, { key, from: 0.25, to: 3, step: 0.125, read: (state) => state[key], change: (value) => ({ [key]: value }) });
  return [
    choiceControl(hands, {
      key: "flip",
      values: ["correlation", "convolution"] as const,
      read: ({ flip }) => (flip ? "convolution" : "correlation"),
      change: (value) => ({ flip: value === "convolution" }),
    }),
    choiceControl(hands, {
      key: "padding",
      values: ["valid", "same", "half", "full", "causal", "number"] as const,
      read: ({ padding }) => (typeof padding === "number" ? "number" : padding),
      change: (value, { padding }): Partial<S> => ({
        padding: value === "number" ? (typeof padding === "number" ? padding : 1) : (value as SignalPadding),
      }),
    }),
    numberControl(hands, {
      key: "padding_cells" as keyof S & string,
      min: 0,
      max: 32,
      whole: true,
      read: ({ padding }) => (typeof padding === "number" ? padding : 0),
      change: (padding) => ({ padding }),
      shown: ({ padding, mode }) => typeof padding === "number" && mode === "discrete",
    }),
    toggleControl(hands, "compare"),
    sliderControl(hands, { key: "stride", from: 1, to: 8, read: (state) => state.stride, change: (stride) => ({ stride }) }),
    sliderControl(hands, { key: "dilation", from: 1, to: 8, read: (state) => state.dilation, change: (dilation) => ({ dilation }) }),
    sliderControl(hands, {
      key: "kernel_size",
      from: 1,
      to: 15,
      read: ({ kernel }) => seriesValues(kernel, signalKernels).length,
      change: (size, { kernel }) => ({ kernel: ofLength(seriesValues(kernel, signalKernels), size) }),
    }),
    sliderControl(hands, {
      key: "signal_length",
      from: 1,
      to: 64,
      read: ({ signal }) => seriesValues(signal, signalGallery).length,
      change: (length, { signal }) => ({ signal: ofLength(seriesValues(signal, signalGallery), length) }),
    }),
    width("f_width"),
    width("g_width"),
  ];
}
