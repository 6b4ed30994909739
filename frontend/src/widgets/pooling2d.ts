/** The pooling explorer: windows, what wins in them, and what is lost. */
import { multiplyAdds } from "../engine/cost";
import { choose, run } from "../engine/pipeline";
import type { Maps, PoolRequest, PoolResult } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import { type PoolSum, arithmetic, spokenSentence } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import { h, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import type { Role } from "../views/theme";
import { t } from "../words";
import { poolingCode } from "./code";
import { comparison, inputShape, shapeText } from "./comparison";
import { type Control, type Hands, choiceControl, controlList, numberControl, sliderControl, toggleControl } from "./control_list";
import { Explorer, type ExplorerSpec, type Shown, frameMap } from "./explorer";
import { fedBy, valueAt, windowAt } from "./focus";
import { mapPanel } from "./map_panel";
import {
  POOLING_DEFAULTS,
  POOLING_SETTINGS,
  type PoolingSettings,
  type PoolingShapes,
  type PoolingState,
  poolRequest,
  poolingShapes,
  repairPooling,
} from "./pooling_state";
import { inputScale, numberText, outputScale } from "./scales";
import { shell } from "./shell";

type View = Shown<PoolingSettings, PoolingShapes, PoolResult>;
type Hover = { on: "input" | "output"; cell: Cell } | null;

const spec: ExplorerSpec<PoolingSettings, PoolingShapes, PoolRequest, PoolResult> = {
  defaults: POOLING_DEFAULTS,
  settings: POOLING_SETTINGS,
  shapes: poolingShapes,
  request: poolRequest,
  run: (engine, request) => run(engine, request),
  cost: multiplyAdds,
  fromKernel: (frame, request, engine) => ({
    selected: frameMap(frame, "selected") ?? (engine ? choose(engine, request) : request.image),
    output: frameMap(frame, "output") as Maps,
    index: frame["index"] ? Int32Array.from(frame["index"].data) : null,
  }),
};

export function mountPooling2D({ model, el }: RenderContext): Dispose {
  let hover: Hover = null;
  let kept: View | null = null;
  let explorer: Explorer<PoolingSettings, PoolingShapes, PoolRequest, PoolResult> | null = null;
  let ended = false;

  const frame = shell<PoolingSettings>({
    el,
    kind: "pooling-2d",
    title: t("title.pooling"),
    controls: () => controls.keys(),
    count: () => (explorer?.shown ? cells(explorer.shown) : 1),
    index: () => (explorer?.shown ? indexOf(position(explorer.shown), explorer.shown) : 0),
    show: (index, playing) => {
      const shown = explorer?.shown;
      if (!shown) return;
      const width = shown.sizes.output[1];
      hover = null;
      explorer?.session.set({ position: [Math.floor(index / width), index % width], view: "step" });
      if (!playing) speak(shown, [Math.floor(index / width), index % width]);
    },
    exported: () => ({
      output: explorer?.shown?.result.output ?? null,
      canvas: output.canvas(),
      svg: output.toSVG() ?? input.toSVG(),
    }),
    repair: repairPooling,
    code: () => (explorer?.shown ? poolingCode(explorer.shown.settings, explorer.shown.picture) : []),
    repaint: () => repaint("hover"),
  });

  const setHover = (next: Hover) => {
    hover = next;
    repaint("hover");
  };
  const choose = (cell: Cell, pinned?: boolean) => {
    hover = null;
    explorer?.session.set({ position: [cell[0], cell[1]], ...(pinned !== undefined && { pinned }) });
    if (explorer?.shown) speak(explorer.shown, cell);
  };
  const input = mapPanel({
    role: "input",
    title: t("role.input"),
    tools: [frame.picturePicker],
    onHover: (cell) => setHover(cell && { on: "input", cell }),
    onMove: (cell) => setHover({ on: "input", cell }),
    onEdit: (cell, value, done) => frame.paintCell(cell, value, done),
  });
  const output = mapPanel({
    role: "output",
    title: t("role.output"),
    tools: [frame.displayPicker],
    onHover: (cell) => setHover(cell && { on: "output", cell }),
    onPick: (cell) => choose(cell, !explorer?.session.state.pinned),
    onMove: (cell) => choose(cell),
  });
  const sum = arithmetic({});
  const facts = h("div", { class: "cw-pool-facts" });
  const equality = h("p", { class: "cw-kernel-text" });
  const lost = h("p", { class: "cw-kernel-text" });
  facts.append(h("p", { class: "cw-facts" }, h("span", { class: "cw-fact" }, t("pool.parameters"))), equality, lost);
  const compare = comparison({ onRelease: () => explorer?.session.set({ kept: null }) });
  const controls = controlList(
    poolingControls({
      state: () => (explorer as NonNullable<typeof explorer>).session.state,
      set: (patch) => explorer?.session.set(patch),
      settle: () => explorer?.session.settle(),
      objection: (change) => explorer?.objection(change) ?? null,
    }),
  );
  input.el.append(frame.paintTools);
  frame.stage.append(
    h("div", { class: "cw-panels cw-panels-two" }, input.el, output.el),
    compare.el,
    h("div", { class: "cw-explain" }, facts, sum.el),
    controls.el,
  );

  const position = (shown: View): Cell => {
    const state = explorer?.session.state;
    const [height, width] = shown.sizes.output;
    const chosen: Cell = state?.position ?? [0, 0];
    const cell = hover?.on === "output" && !state?.pinned && !frame.stepper.playing ? hover.cell : chosen;
    return [Math.min(Math.max(cell[0], 0), height - 1), Math.min(Math.max(cell[1], 0), width - 1)];
  };
  const cells = ({ sizes }: View) => sizes.output[0] * sizes.output[1];
  const indexOf = (cell: Cell, { sizes }: View) => cell[0] * sizes.output[1] + cell[1];
  const speak = (shown: View, cell: Cell) => frame.say(spokenSentence(sumProps(shown, cell)));
  const repaint = (reason: string) => {
    if (explorer?.shown && !ended) paint(explorer.shown, new Set([reason]));
  };

  const paint = (shown: View, changed: ReadonlySet<string>) => {
    if (!explorer) return;
    const state = explorer.session.state;
    const { settings, sizes, result, picture } = shown;
    const cell = position(shown);
    const window = windowAt(cell, windowSettings(settings), windowShapes(settings, sizes));
    const fed = hover?.on === "input" ? fedBy(hover.cell, windowSettings(settings), windowShapes(settings, sizes)) : null;
    const format = numberText(state.unit_range && picture.dtype === "uint8" ? 255 : 1);
    const { selected } = result;
    const winner = result.index?.[indexOf(cell, shown)];
    const { scale, shown: outMaps } = outputScale(result.output, state.display, picture.dtype === "uint8" ? 255 : 1);
    input.update({
      maps: selected,
      scale: inputScale(selected, picture.dtype),
      shape: inputShape(selected, picture),
      pad: sizes.pad,
      value: (row, column) => valueAt(selected, 0, row, column, "zeros"),
      format,
      window,
      marker: hover?.on === "input" ? hover.cell : null,
      highlight:
        winner === undefined
          ? null
          : { rows: [Math.floor(winner / selected.width)], columns: [winner % selected.width], role: "output" as Role },
      paint: frame.brush(),
    });
    output.update({
      maps: outMaps,
      scale,
      shape: shapeText(result.output),
      value: (row, column) => outMaps.data[row * outMaps.width + column] as number,
      format,
      marker: cell,
      pinned: state.pinned,
      highlight: fed && { ...fed, role: "input" as Role },
      filled: state.view === "step" ? indexOf(cell, shown) + 1 : null,
    });
    sum.update(sumProps(shown, cell));
    frame.player.update({ index: indexOf(cell, shown), count: cells(shown), playing: frame.stepper.playing });
    if (changed.has("hover")) return;
    setText(equality, equalityText(settings));
    setText(lost, lostText(shown));
    compare.update({
      kept: kept && outputScale(kept.result.output, state.display, kept.picture.dtype === "uint8" ? 255 : 1),
      now: outMaps,
      summary: kept ? t("compare.summary", { summary: summary(kept.settings) }) : "",
      format,
    });
    controls.update(state);
    controls.show("channels", picture.maps.channels === 3);
    controls.show("unit_range", picture.dtype === "uint8");
    frame.update(explorer, shown.origin);
    frame.sayLater(spokenSentence(sumProps(shown, cell)));
  };

  void Explorer.start(model, spec, {
    onPaint: paint,
    onProblem: (message) => frame.problem(message),
    onProgress: (fraction) => frame.progress(fraction, () => explorer?.cancel()),
    onKept: (view) => {
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
    for (const view of [input, output, sum, compare, controls]) view.destroy();
    frame.destroy();
  };
}

function poolingControls(hands: Hands<PoolingState>): Control<PoolingState>[] {
  type S = PoolingState;
  const shift = (key: "shift_rows" | "shift_columns", axis: 0 | 1): Control<S> =>
    sliderControl(hands, {
      key,
      from: -8,
      to: 8,
      read: (state) => state.shift[axis],
      change: (value, state) => ({ shift: axis === 0 ? [value, state.shift[1]] : [state.shift[0], value] }),
    });
  return [
    sliderControl(hands, {
      key: "pool_size",
      from: 1,
      to: 8,
      read: (state) => state.pool_size,
      change: (pool_size, { padding }) => ({ pool_size, padding: Math.min(padding, Math.floor(pool_size / 2)) }),
    }),
    sliderControl(hands, { key: "pool_stride", from: 1, to: 8, read: (state) => state.pool_stride, change: (pool_stride) => ({ pool_stride }) }),
    sliderControl(hands, { key: "dilation", from: 1, to: 8, read: (state) => state.dilation, change: (dilation) => ({ dilation }) }),
    choiceControl(hands, { key: "pooling", values: ["max", "average", "min"] as const }),
    numberControl(hands, {
      key: "padding",
      min: 0,
      max: 4,
      whole: true,
      read: (state) => state.padding,
      change: (padding) => ({ padding }),
    }),
    toggleControl(hands, "ceil_mode"),
    shift("shift_rows", 0),
    shift("shift_columns", 1),
    choiceControl(hands, { key: "channels", values: ["grey", "red", "green", "blue", "each"] as const }),
    toggleControl(hands, "unit_range"),
  ];
}

/** A pooling window lies as a kernel's window does. */
function windowSettings(settings: PoolingSettings) {
  return { stride: settings.pool_stride, dilation: settings.dilation, pooling: "none" as const };
}

function windowShapes(settings: PoolingSettings, sizes: PoolingShapes) {
  const kernel: [number, number] = [settings.pool_size, settings.pool_size];
  return { input: sizes.input, kernel, pad: sizes.pad, feature: sizes.output, output: sizes.output };
}

/** The arithmetic of one window; padding takes no part in a maximum and counts as zero in a mean. */
function sumProps(shown: View, position: Cell) {
  const { settings, sizes, result } = shown;
  const { selected, output } = result;
  const window = windowAt(position, windowSettings(settings), windowShapes(settings, sizes));
  const cells = window.rows.flatMap((row) => window.columns.map((column) => [row, column] as const));
  const inside = cells.filter(([row, column]) => row >= 0 && column >= 0 && row < selected.height && column < selected.width);
  const within = cells.filter(
    ([row, column]) => row < selected.height + settings.padding && column < selected.width + settings.padding,
  );
  const counted = settings.pooling === "average" ? within : inside;
  const at = position[0] * output.width + position[1];
  const won = result.index?.[at];
  const winner = inside.findIndex(([row, column]) => row * selected.width + column === won);
  const sum: PoolSum = {
    kind: settings.pooling,
    values: counted.map(([row, column]) => valueAt(selected, 0, row, column, "zeros")),
    ...(winner >= 0 && { winner }),
    ...(settings.pooling === "average" && { divisor: counted.length }),
    result: output.data[at] as number,
    position,
    reads: window as Region,
  };
  const both = (value: number) => [value, value] as const;
  return {
    sum,
    size: {
      input: sizes.input,
      window: both(settings.pool_size),
      pad: sizes.pad,
      stride: both(settings.pool_stride),
      dilation: both(settings.dilation),
      ceil: settings.ceil_mode,
      output: sizes.output,
    },
  };
}

/** An average is a convolution with equal weights; a maximum is none, for it does not add up. */
function equalityText({ pooling, pool_size: size, ceil_mode: ceil }: PoolingSettings): string {
  if (pooling === "average" && ceil) return t("pool.averageCeil");
  if (pooling === "average") return t("pool.average", { size, weight: `1/${size * size}` });
  return t(pooling === "max" ? "pool.max" : "pool.min");
}

/** How many of the input's values reach the output, and how the output follows a shift. */
function lostText({ settings, sizes, result }: View): string {
  const total = sizes.input[0] * sizes.input[1];
  const survivors = result.index ? new Set(result.index).size : null;
  const kept = survivors === null ? t("pool.mixed") : t("pool.survivors", { kept: survivors, total });
  const [down, right] = settings.shift;
  if (down === 0 && right === 0) return `${kept} ${t("pool.shiftHint")}`;
  const stride = settings.pool_stride;
  const whole = down % stride === 0 && right % stride === 0;
  return `${kept} ${t(whole ? "pool.shiftWhole" : "pool.shiftPart", { down, right, stride: formatNumber(stride) })}`;
}

function summary(settings: PoolingSettings): string {
  return t("summary.pooling", { kind: t(`choice.pooling.${settings.pooling}`), size: settings.pool_size, stride: settings.pool_stride });
}
