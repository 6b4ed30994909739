/** "Learn this kernel": the loss and the kernel's cells on their way down, and where they could end. */
import type { Maps } from "../engine/types";
import { button } from "../views/controls";
import type { Cell } from "../views/cellGrid";
import { curve } from "../views/curve";
import { h, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import type { Scale } from "../views/theme";
import { replaced } from "../views/weights";
import { plural, t } from "../words";
import { shapeText, valueIn } from "./comparison";
import type { Hands } from "./control_list";
import type { learningRate } from "./gradient_controls";
import type { LearnResult } from "./descent";
import { inputPicker, kernelPicker } from "./gradient_pickers";
import type { GradientSettings, GradientState } from "./gradient_state";
import { matrices } from "./kernels";
import { mapPanel } from "./map_panel";
import { extent, inputScale, numberText } from "./scales";

export interface LearnOptions {
  hands: Hands<GradientState>;
  rate: ReturnType<typeof learningRate>;
  /** Goes to a step and stays there. */
  onSeek(step: number): void;
}

export interface LearnMoment {
  state: GradientState;
  settings: GradientSettings;
  result: LearnResult;
  kept: { settings: GradientSettings; result: LearnResult } | null;
  /** Whether a rate has been tried, so that the limit may be told. */
  tried: boolean;
}

/** A run that stands at this share of its first loss has found what there is to find. */
const FOUND = 1e-8;
/** A loss that is so many times steeper in one direction than in another makes learning slow. */
const NARROW = 50;

export function learnView({ hands, rate, onSeek }: LearnOptions) {
  const format = numberText(1, 5);
  const image = inputPicker((name) => change({ image: name }));
  const target = kernelPicker((name, surprise) => change({ target: name, step: 0, ...(surprise && { revealed: false }) }), true);
  const change = (patch: Partial<GradientState>) => {
    hands.settle();
    hands.set(patch);
  };
  /** Types a weight of the hidden kernel, once it is shown. */
  function alter([row, column]: Cell, value: number): void {
    const [weights = []] = matrices(hands.state().target);
    change({ target: replaced(weights, row, column, value) });
  }
  const reveal = button({ label: t("gradient.reveal"), onClick: () => change({ revealed: !hands.state().revealed }) });
  const limit = button({ label: t("gradient.limit"), onClick: () => change({ limit: !hands.state().limit }) });
  const start = button({ label: t("gradient.toStart"), icon: "reset", onClick: () => onSeek(0) });
  const losses = curve({ onPick: onSeek });
  const panels = {
    learned: mapPanel({ role: "kernel", title: t("gradient.learned") }),
    hidden: mapPanel({ role: "kernel", title: t("gradient.target"), tools: [target.el], onEdit: alter, clickEdits: true }),
    slope: mapPanel({ role: "gradient", title: "∂L/∂W" }),
    squares: mapPanel({ role: "kernel", title: t("gradient.leastSquares") }),
    input: mapPanel({ role: "input", title: t("gradient.x"), tools: [image.el], fit: "shrink" }),
    output: mapPanel({ role: "output", title: t("gradient.y"), fit: "shrink" }),
    aim: mapPanel({ role: "output", title: t("gradient.aim"), fit: "shrink" }),
    upstream: mapPanel({ role: "gradient", title: "∂L/∂Y", fit: "shrink" }),
  };
  const verdict = h("p", { class: "cw-grad-verdict" });
  const note = h("p", { class: "cw-grad-check" });
  const rateNote = h("p", { class: "cw-grad-check" });
  const chart = h(
    "section",
    { class: "cw-grad-chart", "data-answers": "rate", "aria-label": t("gradient.chart") },
    h("div", { class: "cw-panel-head" }, h("span", { class: "cw-swatch cw-swatch-gradient" }), h("span", { class: "cw-panel-title" }, t("gradient.chart"))),
    losses.el,
    verdict,
  );
  const kernels = h("div", { class: "cw-grad-kernels", "data-answers": "rate" }, panels.learned.el, panels.hidden.el, panels.slope.el, panels.squares.el);
  const maps = h("div", { class: "cw-grad-maps", "data-answers": "rate" }, panels.input.el, panels.output.el, panels.aim.el, panels.upstream.el);
  const tools = h("div", { class: "cw-grad-tools" }, rate.el, h("div", { class: "cw-grad-buttons" }, start.el, limit.el, reveal.el));
  const el = h("div", { class: "cw-grad-learn" }, h("div", { class: "cw-grad-top" }, h("div", { class: "cw-grad-left" }, chart, tools, rateNote), kernels), note, maps);

  const show = (panel: ReturnType<typeof mapPanel>, values: Maps, scale: Scale) =>
    panel.update({ maps: values, scale, shape: shapeText(values), value: valueIn(values, 0), format });

  const paintKernels = ({ state, settings, result }: LearnMoment) => {
    const [weights = []] = matrices(settings.target);
    const hidden: Maps = { ...result.learned, data: Float32Array.from(weights.flat()) };
    // One scale for all that should be alike; while the target is a secret, its colours tell nothing.
    const known = state.revealed ? [hidden, result.leastSquares] : [result.leastSquares];
    const reach = Math.max(...known.map((each) => Math.max(...extent(each).map(Math.abs))), 1e-6);
    const scale: Scale = { kind: "signed", low: -reach, high: reach };
    const own: Scale = signed(result.learned, 1);
    show(panels.learned, result.learned, state.revealed ? scale : own);
    show(panels.slope, result.gradient, signed(result.gradient));
    const secret = { maps: hidden, scale: own, shape: "", value: () => 0, format: () => "?", locked: true };
    if (state.revealed) panels.hidden.update({ maps: hidden, scale, shape: "", value: valueIn(hidden, 0), format, locked: state.locked.includes("target") });
    else panels.hidden.update(secret);
    if (state.revealed) show(panels.squares, result.leastSquares, scale);
    else panels.squares.update(secret);
    for (const { el: part } of [panels.hidden, panels.squares]) part.classList.toggle("cw-grad-secret", !state.revealed);
  };

  return {
    el,
    sentence: (now: LearnMoment) =>
      `${t("gradient.spokenStep", { step: now.settings.step, loss: formatNumber(now.result.losses.at(-1) as number) })} ${verdictOf(now)}`,
    update(now: LearnMoment) {
      const { state, settings, result, kept, tried } = now;
      paintKernels(now);
      show(panels.input, result.input, inputScale(result.input, "float32"));
      // Both on the target's scale, so that they look alike when they are.
      const scale = signed(result.target);
      show(panels.output, result.output, scale);
      show(panels.aim, result.target, scale);
      show(panels.upstream, result.upstream, signed(result.upstream));
      losses.update({
        label: t("gradient.chart"),
        axis: t("gradient.axis"),
        values: result.losses,
        beside: kept && { values: kept.result.losses, label: t("gradient.keptRate", { rate: formatNumber(kept.settings.rate) }) },
        steps: Math.max(state.steps, settings.step),
      });
      setText(verdict, verdictOf(now));
      setText(note, state.revealed ? t("gradient.noteLearn", { gap: gapText(result, settings) }) : t("gradient.noteSecret"));
      setText(rateNote, rateText(now));
      const locks = (key: string) => ({ hidden: state.hidden.includes(key), locked: state.locked.includes(key) });
      image.update({ image: state.image, seed: state.seed, ...locks("image") });
      target.update({ kernel: state.target, secret: !state.revealed, ...locks("target") });
      reveal.update({ label: t(state.revealed ? "gradient.hide" : "gradient.reveal"), pressed: state.revealed, ...locks("revealed") });
      limit.update({ pressed: state.limit, disabled: !tried, reason: tried ? null : t("gradient.tryFirst"), ...locks("limit") });
      rate.follow(state);
      rate.lock(locks("rate"));
      rate.mark(state.limit && Number.isFinite(result.largestRate) ? result.largestRate : null);
      start.update({ disabled: settings.step === 0 });
    },
    toSVG: () => losses.toSVG(),
    destroy() {
      for (const part of [...Object.values(panels), losses, image, target, reveal, limit, start]) part.destroy();
    },
  };
}

/** What is to be said of the way so far. */
export function verdictOf({ settings, result }: Pick<LearnMoment, "settings" | "result">): string {
  const { losses, largestRate, condition } = result;
  const first = losses[0] as number;
  const last = losses.at(-1) as number;
  const rate = formatNumber(settings.rate);
  if (settings.step === 0) return t("gradient.begin");
  if (!(last <= first) && settings.rate > largestRate) {
    const factor = formatNumber(Number((settings.rate * (2 / largestRate) - 1).toPrecision(3)));
    const words = { rate, limit: formatNumber(largestRate, { room: 5 }), factor };
    return t(Number.isFinite(last) ? "gradient.diverges" : "gradient.exploded", words);
  }
  if (last <= FOUND * first) return t("gradient.found");
  if (last > first) return t("gradient.rises");
  const slow = condition > NARROW && settings.step >= 20;
  const share = formatNumber(Number((last / first).toPrecision(2)));
  if (slow && Number.isFinite(condition)) return t("gradient.slow", { share, condition: formatNumber(Number(condition.toPrecision(2))) });
  return t(slow ? "gradient.flat" : "gradient.falls", { share });
}

/** Whether the learner has seen enough of a rate to be told the limit of all rates. */
export function hasTried({ settings, result }: Pick<LearnMoment, "settings" | "result">): boolean {
  return settings.step >= 5 || result.losses.at(-1)! > 2 * (result.losses[0] as number);
}

function rateText({ state, settings, result, tried }: LearnMoment): string {
  const anew = settings.step > 0 ? plural("gradient.anew", settings.step) : "";
  if (!state.limit || !(tried || state.limit)) return anew;
  const limit = Number.isFinite(result.largestRate) ? formatNumber(result.largestRate, { room: 5 }) : "∞";
  return `${t("gradient.limitTold", { limit, curvature: formatNumber(2 / result.largestRate, { room: 5 }) })} ${anew}`.trim();
}

/** How far the learned kernel is from the hidden one. */
function gapText({ learned }: LearnResult, { target }: GradientSettings): string {
  const [weights = []] = matrices(target);
  const gaps = weights.flat().map((weight, i) => Math.abs(weight - (learned.data[i] as number)));
  return formatNumber(Math.max(...gaps), { room: 7 });
}

function signed(maps: Maps, least = 0): Scale {
  const [low, high] = extent(maps);
  const reach = Math.max(Math.abs(low), Math.abs(high), least) || 1;
  return { kind: "signed", low: -reach, high: reach };
}

