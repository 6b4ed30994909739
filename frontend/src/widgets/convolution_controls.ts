/** The controls of the convolution explorer, in the order in which they stand. */
import type { Padding } from "../engine/geometry";
import { type Control, type Hands, choiceControl, numberControl, sliderControl, toggleControl } from "./control_list";
import type { ConvolutionState } from "./convolution_state";
import { t } from "../words";
import { type KernelState, kernelState, matrices, resized } from "./kernels";
import { numberText } from "./scales";

type S = ConvolutionState;

export function convolutionControls(hands: Hands<S>): Control<S>[] {
  const pooled = (state: S) => state.pooling !== "none";
  const resizing = resizer();
  return [
    sliderControl(hands, {
      key: "kernel_size",
      from: 1,
      to: 15,
      read: ({ kernel }) => Math.max(matrices(kernel)[0]?.length ?? 1, matrices(kernel)[0]?.[0]?.length ?? 1),
      change: (size, { kernel }) => ({ kernel: resizing(kernel, size) }),
    }),
    sliderControl(hands, { key: "stride", from: 1, to: 8, read: (state) => state.stride, change: (stride) => ({ stride }) }),
    sliderControl(hands, {
      key: "dilation",
      from: 1,
      to: 8,
      read: (state) => state.dilation,
      change: (dilation) => ({ dilation }),
    }),
    choiceControl(hands, {
      key: "padding",
      values: ["valid", "same", "half", "full", "number"] as const,
      read: ({ padding }) => (typeof padding === "number" ? "number" : padding),
      change: (value, { padding }): Partial<S> => ({
        padding: value === "number" ? (typeof padding === "number" ? padding : 1) : (value as Padding),
      }),
    }),
    numberControl(hands, {
      key: "padding_cells" as keyof S & string,
      min: 0,
      max: 32,
      whole: true,
      read: ({ padding }) => (typeof padding === "number" ? padding : 0),
      change: (padding) => ({ padding }),
      shown: ({ padding }) => typeof padding === "number",
    }),
    choiceControl(hands, { key: "padding_mode", values: ["zeros", "reflect", "replicate", "circular"] as const }),
    choiceControl(hands, {
      key: "flip",
      values: ["correlation", "convolution"] as const,
      read: ({ flip }) => (flip ? "convolution" : "correlation"),
      change: (value) => ({ flip: value === "convolution" }),
    }),
    choiceControl(hands, { key: "activation", values: ["none", "relu", "abs", "clip"] as const }),
    choiceControl(hands, { key: "pooling", values: ["none", "max", "average"] as const }),
    sliderControlShown(hands, "pool_size", pooled),
    sliderControlShown(hands, "pool_stride", pooled),
    numberControl(hands, {
      key: "bias",
      min: -1024,
      max: 1024,
      whole: false,
      read: (state) => state.bias,
      change: (bias) => ({ bias }),
      // A bias is added to the picture's own numbers, whatever they are shown as.
      note: ({ bias, unit_range, image }) =>
        unit_range && image.dtype === "uint8" ? t("bias.unit", { shown: numberText(255)(bias) }) : null,
    }),
    choiceControl(hands, {
      key: "channels",
      values: ["grey", "red", "green", "blue", "sum", "each"] as const,
    }),
    toggleControl(hands, "unit_range"),
  ];
}

/** Resizes kernels, each from what it was before the first resizing: there and back loses nothing. */
function resizer(): (kernel: KernelState, size: number) => KernelState {
  const sources = new Map<string, KernelState>();
  return (kernel, size) => {
    const source = sources.get(JSON.stringify(kernel)) ?? kernel;
    const planes = matrices(source);
    const asWas = planes[0]?.length === size && planes[0]?.[0]?.length === size;
    const result = asWas ? source : kernelState(planes.map((plane) => resized(plane, size, size)));
    if (sources.size > 100) sources.clear();
    sources.set(JSON.stringify(result), source);
    return result;
  };
}

/** A slider that is there only while the state has a use for it. */
function sliderControlShown(
  hands: Hands<S>,
  key: "pool_size" | "pool_stride",
  shown: (state: S) => boolean,
): Control<S> {
  const slider = sliderControl(hands, {
    key,
    from: 1,
    to: 8,
    read: (state) => state[key],
    change: (value) => ({ [key]: value }),
  });
  return {
    ...slider,
    follow(state) {
      slider.follow(state);
      slider.el.classList.toggle("cw-absent", !shown(state));
    },
  };
}
