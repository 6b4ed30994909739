/** The one-dimensional explorer: a kernel slides along a signal, or a curve along another. */
import { windowOf } from "../engine/geometry";
import type { Dispose, RenderContext } from "../hosts/model";
import { type ArithmeticProps, arithmetic, spokenSentence } from "../views/arithmetic";
import { clamp } from "../views/cellKeys";
import { h, setAttribute, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import { t } from "../words";
import { chrome } from "./chrome";
import { type Hands, controlList, word } from "./control_list";
import { CONTINUOUS, DISCRETE, modeControl, signalControls } from "./convolution1d_controls";
import {
  type Series,
  type SignalRequest,
  type SignalResult,
  type SignalSettings,
  type SignalSizes,
  type SignalState,
  type SignalView,
  seriesValues,
  signalGallery,
  signalKernels,
  signalSpec,
} from "./convolution1d_state";
import { curveLanes, equalTo } from "./curve_lanes";
import { LAGS, STEP } from "./curves";
import { Explorer, type Shown } from "./explorer";
import { paddingsPanel } from "./paddings_panel";
import { altered, curveEditor, kernelStems, seriesPicker } from "./series_editors";
import { signalCode } from "./signal_code";
import { lanesDrawing } from "./signal_drawing";
import { signalLanes } from "./signal_lanes";
import { signalQuestions } from "./signal_questions";

type S = SignalState;
type View = Shown<SignalSettings, SignalSizes, SignalResult, null>;
type Driver = Explorer<SignalSettings, SignalSizes, SignalRequest, SignalResult, null, SignalView>;

export function mountConvolution1D({ model, el }: RenderContext): Dispose {
  let explorer: Driver | null = null;
  let kept: View | null = null;
  let hover: number | null = null;
  let tap: number | null = null;
  let ended = false;

  const frame = chrome<S>({
    el,
    kind: "convolution-1d",
    title: t("title.signal"),
    controls: () => [
      ...["signal", "kernel", "f", "g"].map((key) => ({ key, label: word("control", key) })),
      ...mode.keys(),
      ...controls.keys(),
    ],
    count: () => explorer?.shown?.result.output.length ?? 1,
    index: () => (explorer?.shown ? chosen(explorer.shown) : 0),
    show(index, playing) {
      if (!explorer?.shown) return;
      if (hands.state().view !== "step") frame.announce(t("spoken.stepTab"));
      choose(index, "step");
      if (!playing) speak();
    },
    exported: () => ({ canvas: null, svg: lanesDrawing(explorer?.shown?.settings.mode === "continuous" ? curves.el : lanes.el) }),
    code: () => (explorer?.shown ? signalCode(explorer.shown.settings) : []),
    questions: signalQuestions(() => {
      const shown = explorer?.shown;
      return shown ? { settings: shown.settings, result: shown.result, sum: sumOf(shown, chosen(shown)) } : null;
    }),
    subject: () => ({ position: explorer?.shown ? chosen(explorer.shown) : 0 }),
    repaint,
    release: () => false,
  });
  const hands: Hands<S> = {
    state: () => (explorer as Driver).session.state,
    set: (patch) => explorer?.session.set(patch),
    settle: () => explorer?.session.settle(),
    objection: (change) => explorer?.objection(change) ?? null,
  };
  const edit = (patch: Partial<S>, done: boolean) => {
    const reason = hands.objection(patch);
    if (reason !== null) return frame.problem(reason);
    hands.set(patch);
    if (done) hands.settle();
  };
  const own = (key: "signal" | "kernel" | "f" | "g") => (series: Series, done: boolean) => edit({ [key]: series }, done);

  const signals = seriesPicker(t("signal.signals"), signalGallery, (name) => own("signal")(name, true));
  const lanes = signalLanes({
    tools: [signals.el],
    onSignal: (index, value, done) => own("signal")(altered(seriesValues(hands.state().signal, signalGallery), index, value), done),
    onChoose(index) {
      choose(index);
      speak();
    },
    onHover(index) {
      hover = index;
      repaint();
    },
    onRelease: () => hands.set({ kept: null }),
  });
  const curves = curveLanes({
    onSlide(index) {
      choose(index);
      speak();
    },
    onRelease: () => hands.set({ kept: null }),
  });
  const kernel = kernelStems(signalKernels, own("kernel"));
  const editors = { f: curveEditor("input", "f", own("f")), g: curveEditor("kernel", "g", own("g")) };
  const sum = arithmetic({
    onTerm(term) {
      tap = term;
      repaint();
    },
  });
  const integral = h("p", { class: "cw-integral" });
  const facts = h("p", { class: "cw-signal-note" });
  const conventions = h("div", { class: "cw-signal-facts", "data-answers": "size" }, facts);
  const paddings = paddingsPanel();
  const mode = controlList([modeControl(hands)]);
  mode.el.classList.add("cw-signal-mode");
  const controls = controlList(signalControls(hands));
  const explain = h("div", { class: "cw-explain cw-signal-explain", "data-answers": "size value shape" }, sum.el, integral);
  const side = h("div", { class: "cw-signal-side" }, kernel.el, editors.f.el, editors.g.el, explain, conventions);
  frame.stage.append(mode.el, h("div", { class: "cw-signal" }, lanes.el, curves.el, side), paddings.el, controls.el);

  function chosen({ settings, result }: View): number {
    const { position } = hands.state();
    const start = settings.mode === "continuous" ? LAGS - 0.5 / STEP : 0;
    return clamp(position ?? start, 0, result.output.length - 1);
  }

  function choose(position: number, view?: "step"): void {
    hover = null;
    hands.set({ position, ...(view && { view }) });
  }

  function speak(): void {
    if (explorer?.shown && !frame.asked()) frame.say(sentence(explorer.shown, chosen(explorer.shown)));
  }

  function repaint(): void {
    if (explorer?.shown && !ended) paint(explorer.shown, new Set(["hover"]));
  }

  function paint(shown: View, changed: ReadonlySet<string>): void {
    if (!explorer) return;
    const { settings, sizes, result } = shown;
    const state = hands.state();
    const here = chosen(shown);
    const index = hover === null ? here : Math.min(hover, result.output.length - 1);
    const step = state.view === "step";
    const locked = (key: string) => state.locked.includes(key);
    const hidden = (key: string) => state.hidden.includes(key);
    const isDiscrete = settings.mode === "discrete";
    const past = kept && kept.settings.mode === settings.mode ? { ...kept, text: summary(kept.settings) } : null;
    // First the frame: it knows whether an answer is asked for, which nothing here may tell.
    if (!changed.has("hover")) frame.update(shown.origin);
    setAttribute(frame.root, "data-mode", settings.mode);
    frame.root.classList.toggle("cw-playing", frame.stepper.playing);
    lanes.el.hidden = !isDiscrete;
    curves.el.hidden = isDiscrete;
    conventions.hidden = !isDiscrete;
    sum.el.hidden = !isDiscrete;
    integral.hidden = isDiscrete;
    if (isDiscrete) {
      const guarded = frame.asked() === "size";
      lanes.update(
        { settings, sizes, result, index, filled: step ? here + 1 : null, tap, locked: locked("signal"), guarded, kept: past },
        changed.has("position"),
      );
      sum.update(sumOf(shown, index) as ArithmeticProps);
    } else {
      curves.update({ settings, result, index, traced: step, kept: past });
      setText(integral, integralText(shown, index));
    }
    frame.player.update({ index: here, count: result.output.length, playing: frame.stepper.playing, note: t(isDiscrete ? "signal.hint" : "curves.hint") });
    if (changed.has("hover")) return;
    paddings.update(state.compare && isDiscrete, settings, sizes, result);
    signals.update(settings.signal, t("kernel.custom"), { locked: locked("signal"), hidden: hidden("signal") });
    kernel.update(settings.kernel, { locked: locked("kernel"), hidden: !isDiscrete || hidden("kernel") });
    for (const key of ["f", "g"] as const) {
      editors[key].update(settings[key], settings[`${key}_width`], { locked: locked(key), hidden: isDiscrete || hidden(key) });
    }
    setText(facts, factsText(settings, sizes));
    mode.update(state);
    controls.update(state);
    for (const key of DISCRETE) if (key !== "padding_cells") controls.show(key, isDiscrete);
    for (const key of CONTINUOUS) controls.show(key, !isDiscrete && typeof settings[key[0] as "f" | "g"] === "string");
    frame.sayLater(sentence(shown, here));
  }

  void Explorer.start(model, signalSpec, {
    onPaint: paint,
    onProblem: (message) => frame.problem(message),
    onProgress: (fraction) => frame.progress(fraction, () => explorer?.cancel()),
    onKept(view) {
      kept = view;
      repaint();
    },
  }).then((started) => {
    if (ended) return started.dispose();
    explorer = started;
    frame.attach(started, model);
    started.refresh();
  });

  return () => {
    ended = true;
    explorer?.dispose();
    for (const view of [signals, lanes, curves, kernel, editors.f, editors.g, sum, paddings, mode, controls]) view.destroy();
    frame.destroy();
  };
}

/** The products behind one output value, and behind the output's length. */
export function sumOf({ settings, sizes, result }: Pick<View, "settings" | "sizes" | "result">, index: number): ArithmeticProps | null {
  if (settings.mode === "continuous") return null;
  const { length, taps, pad, output } = sizes;
  const { stride, dilation, flip } = settings;
  const cells = windowOf(index, taps, stride, pad[0], dilation);
  const terms = cells.map((cell, k) => ({
    value: result.signal[cell] ?? 0,
    weight: result.kernel[flip ? taps - 1 - k : k] as number,
    inside: cell >= 0 && cell < length,
  }));
  return {
    signal: true,
    sum: {
      kind: "convolution",
      terms: [terms],
      bias: 0,
      feature: result.output[index] as number,
      position: [0, index],
      reads: { rows: [0], columns: cells },
    },
    size: {
      input: [1, length],
      window: [1, taps],
      pad: [0, 0, ...pad],
      stride: [1, stride],
      dilation: [1, dilation],
      output: [1, output],
    },
  };
}

function sentence(shown: View, index: number): string {
  const sum = sumOf(shown, index);
  return sum ? spokenSentence(sum) : integralText(shown, index);
}

function integralText({ settings, result }: View, index: number): string {
  const s = formatNumber((index - LAGS) * STEP);
  const value = equalTo(result.output[index] as number);
  return t(settings.flip ? "curves.integralFlipped" : "curves.integral", { s, value });
}

/** What the conventions of the libraries make of the settings. */
function factsText({ dilation }: SignalSettings, { length, taps, output }: SignalSizes): string {
  const shapes = t("signal.channels", { length, output });
  if (dilation === 1) return shapes;
  return `${t("signal.dilated", { dilation, taps, reach: dilation * (taps - 1) + 1, zero: dilation - 1 })} ${shapes}`;
}

function summary({ mode, signal, kernel, f, g, stride, padding, dilation, flip }: SignalSettings): string {
  const operation = t(flip ? "choice.flip.convolution" : "choice.flip.correlation");
  const named = (series: Series) => (typeof series === "string" ? series.replaceAll("_", " ") : t("kernel.custom"));
  if (mode === "continuous") return t("summary.curves", { operation, f: named(f), g: named(g) });
  return t("summary.signal", { operation, signal: named(signal), kernel: named(kernel), stride, padding, dilation });
}
