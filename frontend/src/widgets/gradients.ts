/** The gradient explorer: what flows back through a convolution or a pooling, and learning by it. */
import type { Dispose, RenderContext } from "../hosts/model";
import { clamp } from "../views/cellKeys";
import { h } from "../views/dom";
import { t } from "../words";
import { type BackwardResult, runBackward } from "./backward";
import { type AnyResult, fromFrame } from "./gradient_frames";
import { chrome } from "./chrome";
import { gradientCode } from "./code";
import { comparison } from "./comparison";
import { type Hands, controlList, word } from "./control_list";
import { runDescent } from "./descent";
import { mapsPicture } from "./download";
import { Explorer, type ExplorerSpec, type Shown } from "./explorer";
import { type BackwardMoment, type Chosen, backwardView } from "./gradient_backward";
import { gradientControls, learningRate, taskControls, usedControls } from "./gradient_controls";
import { type LearnMoment, hasTried, learnView } from "./gradient_learn";
import { gradientQuestions } from "./gradient_questions";
import {
  GRADIENT_DEFAULTS,
  GRADIENT_SETTINGS,
  type GradientSettings,
  type GradientShapes,
  type GradientState,
  type GradientView,
  gradientShapes,
  operationOf,
} from "./gradient_state";
import { gradientSize } from "./gradient_sums";
import { numberText, outputScale } from "./scales";

interface Request {
  settings: GradientSettings;
  sizes: GradientShapes;
}

type View = Shown<GradientSettings, GradientShapes, AnyResult, null>;

const spec: ExplorerSpec<GradientSettings, GradientShapes, Request, AnyResult, null, GradientView> = {
  defaults: GRADIENT_DEFAULTS,
  settings: GRADIENT_SETTINGS,
  undoable: ["gradient", "revealed", "limit", "steps"],
  shapes: gradientShapes,
  fetch: () => null,
  request: (settings, _, sizes) => ({ settings, sizes }),
  run: (engine, { settings, sizes }) =>
    settings.task === "learn" ? runDescent(engine, settings, sizes) : runBackward(engine, settings, sizes),
  cost: () => 1,
  fromKernel: (frame, { settings, sizes }) => fromFrame(frame, settings, sizes),
};

export function mountGradients({ model, el }: RenderContext): Dispose {
  let explorer: Explorer<GradientSettings, GradientShapes, Request, AnyResult, null, GradientView> | null = null;
  let kept: View | null = null;
  let hover: Chosen | null = null;
  /** A rate has been tried since the page was opened, so that the limit of all rates may be told. */
  let tried = false;
  let ended = false;

  const hands: Hands<GradientState> = {
    state: () => (explorer as NonNullable<typeof explorer>).session.state,
    set: (patch) => explorer?.session.set(patch),
    settle: () => explorer?.session.settle(),
    objection: (change) => explorer?.objection(change as Partial<GradientSettings>) ?? null,
  };
  const frame = chrome<GradientState>({
    el,
    kind: "gradients",
    title: t("title.gradients"),
    controls: () => [
      ...tasks.keys(),
      ...controls.keys(),
      ...["image", "kernel", "upstream", "target", "rate", "revealed", "limit"].map((key) => ({ key, label: word("control", key) })),
    ],
    count: () => (explorer?.shown ? countOf(explorer.shown) : 1),
    index: () => (explorer?.shown ? indexOf(explorer.shown) : 0),
    show,
    exported,
    questions: gradientQuestions({
      backward() {
        const now = explorer?.shown && backwardNow(explorer.shown);
        return now ? { sum: backward.sumOf(now), pass: now } : null;
      },
      learning: () => (explorer?.shown && learnNow(explorer.shown)) ?? null,
    }),
    subject: () => ({ gradient: hands.state().gradient, position: hands.state().position }),
    code: () => (explorer?.shown ? gradientCode(explorer.shown.settings) : []),
    repaint: () => repaint("asked"),
    release: () => false,
  });
  const tasks = controlList(taskControls(hands));
  const controls = controlList(gradientControls(hands));
  const backward = backwardView({
    hands,
    onPoint(chosen) {
      hover = chosen;
      repaint("hover");
    },
    onChoose: ({ which, cell }) => {
      hover = null;
      hands.set({ gradient: which, position: [cell[0], cell[1]] });
      speak();
    },
    repaint: () => repaint("hover"),
  });
  const learn = learnView({ hands, rate: learningRate(hands), onSeek: (step) => frame.stepper.seek(step) });
  const compare = comparison({ onRelease: () => hands.set({ kept: null }) });
  tasks.el.classList.add("cw-grad-tasks");
  frame.stage.append(h("div", { class: "cw-grad-bar" }, tasks.el), backward.el, learn.el, compare.el, controls.el);

  const chosenOf = ({ settings, sizes }: View): Chosen => {
    const state = hands.state();
    const pooled = operationOf(settings) !== "convolution";
    const free = hover && !frame.stepper.playing && !frame.asked() ? hover : null;
    const which = pooled ? "input" : (free?.which ?? state.gradient);
    const [rows, columns] = gradientSize(which, sizes);
    const [row, column] = free?.cell ?? state.position ?? [rows >> 1, columns >> 1];
    return { which, cell: [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)] };
  };

  const backwardNow = (shown: View): BackwardMoment | null => {
    const { settings, sizes, result } = shown;
    if (result.task !== "backward") return null;
    const state = hands.state();
    const filled = state.view === "step" ? indexOf(shown) + 1 : null;
    return { settings, sizes, result, state, chosen: chosenOf(shown), filled };
  };

  const learnNow = ({ settings, result }: View): LearnMoment | null => {
    if (result.task !== "learn") return null;
    const beside = kept?.result.task === "learn" ? { settings: kept.settings, result: kept.result } : null;
    return { settings, result, state: hands.state(), kept: beside, tried };
  };

  const countOf = (shown: View) => {
    const { settings, sizes } = shown;
    if (settings.task === "learn") return Math.max(hands.state().steps, settings.step) + 1;
    const [rows, columns] = gradientSize(chosenOf(shown).which, sizes);
    return rows * columns;
  };

  const indexOf = (shown: View) => {
    if (shown.settings.task === "learn") return hands.state().step;
    const { which, cell } = chosenOf(shown);
    return cell[0] * gradientSize(which, shown.sizes)[1] + cell[1];
  };

  function show(index: number, playing: boolean): void {
    const { shown } = explorer ?? {};
    if (!shown) return;
    if (shown.settings.task === "learn") {
      hands.set({ step: index });
    } else {
      const { which } = chosenOf(shown);
      const width = gradientSize(which, shown.sizes)[1];
      hover = null;
      hands.set({ gradient: which, position: [Math.floor(index / width), index % width], view: "step" });
    }
    if (!playing) speak();
  }

  function speak(): void {
    const { shown } = explorer ?? {};
    if (shown && !frame.asked() && shown.result.task === "backward") frame.say(sentence(shown));
  }

  function sentence(shown: View): string {
    const now = backwardNow(shown);
    const learning = learnNow(shown);
    return now ? backward.sentence(now) : learning ? learn.sentence(learning) : "";
  }

  function exported() {
    const { shown } = explorer ?? {};
    if (!shown) return { canvas: null, svg: null };
    if (shown.result.task === "learn") return { canvas: mapsPicture(shown.result.learned), svg: learn.toSVG() };
    const { which } = chosenOf(shown);
    return { canvas: mapsPicture(gradientOf(shown.result, which)), svg: backward.toSVG(which) };
  }

  function repaint(reason: string): void {
    if (explorer?.shown && !ended) paint(explorer.shown, new Set([reason]));
  }

  function paint(shown: View, changed: ReadonlySet<string>): void {
    const state = hands.state();
    const now = backwardNow(shown);
    const learning = learnNow(shown);
    backward.el.hidden = now === null;
    learn.el.hidden = learning === null;
    tried ||= learning !== null && hasTried(learning);
    if (now) backward.update(now);
    if (learning) learn.update({ ...learning, tried });
    frame.player.update({
      index: indexOf(shown),
      count: countOf(shown),
      playing: frame.stepper.playing,
      place: learning && t("gradient.place", { step: shown.settings.step, steps: countOf(shown) - 1 }),
      note: t(learning ? "gradient.playerLearn" : "gradient.playerBackward"),
    });
    if (changed.has("hover")) return;
    paintComparison(shown);
    tasks.update(state);
    controls.update(state);
    for (const [key, used] of Object.entries(usedControls(state))) {
      tasks.show(key, used);
      controls.show(key, used);
    }
    frame.update(shown.origin);
    frame.sayLater(sentence(shown));
  }

  /** Beside the backward pass: the chosen gradient as it was kept, and what has changed in it. */
  function paintComparison(shown: View): void {
    const { which } = chosenOf(shown);
    const past = kept?.result.task === "backward" && shown.result.task === "backward" ? kept.result : null;
    const was = past && gradientOf(past, which);
    compare.update({
      kept: was && outputScale(was, "signed", 1),
      now: shown.result.task === "backward" ? gradientOf(shown.result, which) : null,
      channel: 0,
      summary: t("gradient.keptMap", { name: `∂L/∂${which === "input" ? "X" : which === "weight" ? "W" : "b"}` }),
      format: numberText(1, 5),
    });
  }

  void Explorer.start(model, spec, {
    onPaint: paint,
    onProblem: (message) => frame.problem(message),
    onProgress: (fraction) => frame.progress(fraction, () => explorer?.cancel()),
    onKept(view) {
      kept = view;
      repaint("kept");
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
    for (const view of [tasks, controls, backward, learn, compare]) view.destroy();
    frame.destroy();
  };
}

/** A gradient as a map; the input's where there is no such gradient. */
function gradientOf({ gradients }: BackwardResult, which: Chosen["which"]) {
  if (which === "weight" && gradients.weight) return gradients.weight;
  if (which === "bias" && gradients.bias !== null) {
    return { data: Float32Array.of(gradients.bias), channels: 1, height: 1, width: 1 };
  }
  return gradients.input;
}

