/** The pooling explorer: windows, what wins in them, and what is lost. */
import { multiplyAdds } from "../engine/cost";
import { choose, run } from "../engine/pipeline";
import type { Maps, PoolRequest, PoolResult } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import type { PoolSum } from "../views/arithmetic";
import type { Cell } from "../views/cellGrid";
import { h, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import type { Role } from "../views/theme";
import { plural, t, wholeNumber } from "../words";
import { poolingCode } from "./code";
import { type Control, type Hands, choiceControl, numberControl, sliderControl, toggleControl } from "./control_list";
import { type ExplorerSpec, frameMap } from "./explorer";
import { coverageOf, droppedBy, fedBy, valueAt, windowAt } from "./focus";
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
import { fetchPicture } from "./pictures";
import { type Viewed, scene } from "./scene";

type View = Viewed<PoolingSettings, PoolingShapes, PoolResult>;

const spec: ExplorerSpec<PoolingSettings, PoolingShapes, PoolRequest, PoolResult> = {
  defaults: POOLING_DEFAULTS,
  settings: POOLING_SETTINGS,
  shapes: poolingShapes,
  undoable: ["display", "unit_range"],
  fetch: ({ image }, link) => fetchPicture(image, link),
  request: poolRequest,
  job: (request) => request,
  run: (engine, request) => run(engine, request),
  cost: multiplyAdds,
  fromKernel: (frame, request, engine) => ({
    selected: frameMap(frame, "selected") ?? (engine ? choose(engine, request) : request.image),
    output: frameMap(frame, "output") as Maps,
    index: frame["index"] ? Int32Array.from(frame["index"].data) : null,
  }),
};

export function mountPooling2D(context: RenderContext): Dispose {
  const equality = h("p", { class: "cw-kernel-text" });
  const lost = h("p", { class: "cw-kernel-text" });
  const parameters = h("p", { class: "cw-facts" }, h("span", { class: "cw-fact" }, t("pool.parameters")));
  const facts = h("div", { class: "cw-pool-facts", "data-answers": "size value" }, parameters, equality, lost);

  const view = scene(context, {
    spec,
    kind: "pooling-2d",
    title: t("title.pooling"),
    controls: poolingControls,
    start: () => [0, 0],
    reads: windowOf,
    fed: (cell, { settings, sizes }) => fedBy(cell, steps(settings), grid(settings, sizes)),
    dropped: ({ settings, sizes }) => droppedBy(steps(settings), grid(settings, sizes)),
    coverage: ({ settings, sizes }) => coverageOf(steps(settings), grid(settings, sizes)),
    value: ({ result, channel }, row, column) => valueAt(result.selected, channel, row, column, "zeros"),
    sum: sumProps,
    place: (term, now) => counted(now.cell, now)[term]?.place ?? [0, 0],
    repair: repairPooling,
    code: poolingCode,
    summary,
    marks({ cell, channel, hover, window, result: { index, output, selected } }) {
      if (hover?.on === "window") {
        const [i, j] = hover.cell;
        const region = { rows: [window.rows[i] ?? 0], columns: [window.columns[j] ?? 0] };
        return { highlight: { ...region, role: "kernel" as Role } };
      }
      const winner = index?.[(channel * output.height + cell[0]) * output.width + cell[1]];
      if (winner === undefined) return {};
      const [row, column] = [Math.floor(winner / selected.width), winner % selected.width];
      return { highlight: { rows: [row], columns: [column], role: "output" as Role } };
    },
    paint(now, settled) {
      if (!settled) return;
      setText(equality, equalityText(now.settings));
      setText(lost, lostText(now));
    },
  });
  view.stage.append(
    h("div", { class: "cw-panels cw-panels-two" }, view.input, view.inputTools, view.output),
    view.compare,
    h("div", { class: "cw-explain" }, view.near, facts, view.sum),
    view.controls,
  );
  return view.dispose;
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
function steps({ pool_stride: stride, dilation }: PoolingSettings) {
  return { stride, dilation, pooling: "none" as const };
}

function grid({ pool_size: size }: PoolingSettings, { input, pad, output }: PoolingShapes) {
  return { input, kernel: [size, size] as [number, number], pad, feature: output, output };
}

function windowOf(cell: Cell, { settings, sizes }: Pick<View, "settings" | "sizes">) {
  return windowAt(cell, steps(settings), grid(settings, sizes));
}

/** The cells of a window that count: padding takes no part in a maximum and is zero in a mean. */
function counted(cell: Cell, view: View) {
  const { settings, sizes, result, channel } = view;
  const { rows, columns } = windowOf(cell, view);
  const [top, bottom, left, right] = settings.pooling === "average" ? sizes.pad : [0, 0, 0, 0];
  const [height, width] = sizes.input;
  return rows.flatMap((row, i) =>
    columns.flatMap((column, j) => {
      const counts = row >= -top && row < height + bottom && column >= -left && column < width + right;
      const value = valueAt(result.selected, channel, row, column, "zeros");
      return counts ? [{ row, column, place: [i, j] as const, value }] : [];
    }),
  );
}

/** The arithmetic of one window. */
function sumProps(position: Cell, view: View) {
  const { settings, sizes, result, channel, divisor } = view;
  const cells = counted(position, view);
  const at = (channel * sizes.output[0] + position[0]) * sizes.output[1] + position[1];
  const won = result.index?.[at];
  const winner = cells.findIndex(({ row, column }) => row * sizes.input[1] + column === won);
  const sum: PoolSum = {
    kind: settings.pooling,
    values: cells.map(({ value }) => value / divisor),
    ...(winner >= 0 && { winner }),
    ...(settings.pooling === "average" && { divisor: cells.length }),
    result: (result.output.data[at] as number) / divisor,
    position,
    reads: windowOf(position, view),
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
function lostText({ settings, sizes, result }: Pick<View, "settings" | "sizes" | "result">): string {
  const total = sizes.input[0] * sizes.input[1];
  const survivors = result.index ? new Set(result.index).size : null;
  const kept = survivors === null ? t("pool.mixed") : plural("pool.survivors", survivors, { total: wholeNumber(total) });
  const [down, right] = settings.shift;
  if (down === 0 && right === 0) return `${kept} ${t("pool.shiftHint")}`;
  const stride = settings.pool_stride;
  const whole = down % stride === 0 && right % stride === 0;
  return `${kept} ${t(whole ? "pool.shiftWhole" : "pool.shiftPart", { down, right, stride: formatNumber(stride) })}`;
}

function summary(settings: PoolingSettings): string {
  return t("summary.pooling", { kind: t(`choice.pooling.${settings.pooling}`), size: settings.pool_size, stride: settings.pool_stride });
}
