/** The convolution explorer: input, kernel and output, and the arithmetic of one position. */
import { multiplyAdds } from "../engine/cost";
import { run, select } from "../engine/pipeline";
import type { Maps, PipelineRequest, PipelineResult } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import { arithmetic, spokenSentence } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import { h } from "../views/dom";
import { type MagnifierProps, magnifier } from "../views/magnifier";
import type { Role } from "../views/theme";
import { t } from "../words";
import { convolutionCode } from "./code";
import { comparison, inputShape, shapeText } from "./comparison";
import { controlList } from "./control_list";
import { convolutionControls } from "./convolution_controls";
import {
  CONVOLUTION_DEFAULTS,
  type ConvolutionSettings,
  SETTINGS,
  type Shapes,
  pipelineRequest,
  repair,
  shapes,
} from "./convolution_state";
import { Deferral } from "./deferral";
import { Explorer, type ExplorerSpec, type Shown, frameMap } from "./explorer";
import { type Focus, droppedBy, fedBy, focusAt, termsAt, touchedBy, valueAt } from "./focus";
import { kernelPanel } from "./kernel_panel";
import { galleryKernel } from "./kernels";
import { mapPanel } from "./map_panel";
import { extent, inputScale, numberText, outputScale } from "./scales";
import { shell } from "./shell";

type View = Shown<ConvolutionSettings, Shapes, PipelineResult>;
type Hover = { on: "input" | "output" | "weight"; cell: Cell } | null;

const spec: ExplorerSpec<ConvolutionSettings, Shapes, PipelineRequest, PipelineResult> = {
  defaults: CONVOLUTION_DEFAULTS,
  settings: SETTINGS,
  shapes: (settings) => shapes(settings),
  request: pipelineRequest,
  run: (engine, request) => run(engine, request),
  cost: multiplyAdds,
  fromKernel: (frame, request, engine) => {
    const named = (name: string) => frameMap(frame, name);
    const feature = named("feature") as Maps;
    const activated = named("activated") ?? feature;
    return {
      selected: named("selected") ?? (engine ? select(engine, request.image, request.channels) : request.image),
      partial: named("partial"),
      feature,
      activated,
      output: named("output") ?? activated,
      poolIndex: frame["pool_index"] ? Int32Array.from(frame["pool_index"].data) : null,
    };
  },
};

export function mountConvolution2D({ model, el }: RenderContext): Dispose {
  let hover: Hover = null;
  let kept: View | null = null;
  let explorer: Explorer<ConvolutionSettings, Shapes, PipelineRequest, PipelineResult> | null = null;
  let ended = false;

  const frame = shell<ConvolutionSettings>({
    el,
    kind: "convolution-2d",
    title: t("title.convolution"),
    controls: () => [{ key: "kernel", label: t("role.kernel") }, ...controls.keys()],
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
    repair,
    code: () => (explorer?.shown ? convolutionCode(explorer.shown.settings, explorer.shown.picture) : []),
    repaint: () => repaint("hover"),
  });

  const setHover = (next: Hover) => {
    hover = next;
    repaint("hover");
  };
  const moveTo = (cell: Cell) => {
    hover = null;
    explorer?.session.set({ position: [cell[0], cell[1]] });
    if (explorer?.shown) speak(explorer.shown, cell);
  };
  const input = mapPanel({
    role: "input",
    title: t("role.input"),
    tools: [frame.picturePicker],
    onHover: (cell) => setHover(cell && { on: "input", cell }),
    onPick: (cell) => aimAt(cell),
    onMove: (cell) => setHover({ on: "input", cell }),
    onEdit: (cell, value, done) => frame.paintCell(cell, value, done),
  });
  const output = mapPanel({
    role: "output",
    title: t("role.output"),
    tools: [frame.displayPicker],
    onHover: (cell) => setHover(cell && { on: "output", cell }),
    onPick: (cell) => {
      const { state } = (explorer as NonNullable<typeof explorer>).session;
      const again = state.pinned && state.position?.[0] === cell[0] && state.position[1] === cell[1];
      hover = null;
      explorer?.session.set({ position: [cell[0], cell[1]], pinned: !again });
      if (explorer?.shown) speak(explorer.shown, cell);
    },
    onMove: moveTo,
  });
  const kernel = kernelPanel({
    onKernel: (value, settled) => {
      explorer?.session.set({ kernel: value });
      if (settled) explorer?.session.settle();
    },
    onHover: (cell) => setHover(cell && { on: "weight", cell }),
    onUndo: () => explorer?.session.undo(),
  });
  const sum = arithmetic({
    onTerm: (index) => {
      const width = explorer?.shown?.sizes.kernel[1] ?? 1;
      setHover(index === null ? null : { on: "weight", cell: [Math.floor(index / width), index % width] });
    },
  });
  const near = magnifier({ role: "input", onHover: (cell) => setHover(cell && { on: "input", cell }), onPick: (cell) => aimAt(cell) });
  const nearing = new Deferral();
  const compare = comparison({ onRelease: () => explorer?.session.set({ kept: null }) });
  const partial = [0, 1, 2].map((channel) =>
    mapPanel({ role: "output", title: t("partial.title", { channel: channelName(channel) }) }),
  );
  const partials = h("div", { class: "cw-partials", hidden: true }, ...partial.map((panel) => panel.el));
  const controls = controlList(
    convolutionControls({
      state: () => (explorer as NonNullable<typeof explorer>).session.state,
      set: (patch) => explorer?.session.set(patch),
      settle: () => explorer?.session.settle(),
      objection: (change) => explorer?.objection(change) ?? null,
    }),
  );
  input.el.append(frame.paintTools);
  frame.stage.append(
    h("div", { class: "cw-panels" }, input.el, kernel.el, output.el),
    partials,
    compare.el,
    h("div", { class: "cw-explain" }, near.el, sum.el),
    controls.el,
  );

  /** The output cell whose arithmetic is shown: under the pointer, else the chosen one. */
  const position = (shown: View): Cell => {
    const state = explorer?.session.state;
    const [height, width] = shown.sizes.output;
    const chosen: Cell = state?.position ?? [Math.floor(height / 2), Math.floor(width / 2)];
    const cell = hover?.on === "output" && !state?.pinned && !frame.stepper.playing ? hover.cell : chosen;
    return [Math.min(Math.max(cell[0], 0), height - 1), Math.min(Math.max(cell[1], 0), width - 1)];
  };
  const indexOf = (cell: Cell, { sizes }: View) => cell[0] * sizes.output[1] + cell[1];
  const cells = ({ sizes }: View) => sizes.output[0] * sizes.output[1];

  /** Makes the first output that an input cell feeds the chosen one. */
  const aimAt = (cell: Cell) => {
    const shown = explorer?.shown;
    if (!shown) return;
    const fed = fedBy(cell, shown.settings, shown.sizes);
    const middle = (indices: readonly number[]) => indices[Math.floor(indices.length / 2)];
    const [row, column] = [middle(fed.rows), middle(fed.columns)];
    if (row !== undefined && column !== undefined) moveTo([row, column]);
  };

  const speak = (shown: View, cell = position(shown)) => {
    const unit = explorer?.session.state.unit_range && shown.picture.dtype === "uint8" ? 255 : 1;
    frame.say(spokenSentence(sumProps(shown, focusAt(cell, shown.settings, shown.sizes, shown.result), unit)));
  };

  const repaint = (reason: string) => {
    if (explorer?.shown && !ended) paint(explorer.shown, new Set([reason]));
  };

  const paint = (shown: View, changed: ReadonlySet<string>) => {
    if (!explorer) return;
    const state = explorer.session.state;
    const { settings, sizes, result, picture } = shown;
    const focus = focusAt(position(shown), settings, sizes, result);
    const divisor = state.unit_range && picture.dtype === "uint8" ? 255 : 1;
    const format = numberText(divisor);
    const { selected } = result;
    const inScale = inputScale(selected, picture.dtype);
    const { scale: outScale, shown: outMaps } = outputScale(result.output, state.display, picture.dtype === "uint8" ? 255 : 1);
    const weight = hover?.on === "weight" ? hover.cell : null;
    const touched = weight && touchedBy(weight, settings, sizes);
    const fed = hover?.on === "input" ? fedBy(hover.cell, settings, sizes) : null;
    const stepping = state.view === "step";

    input.update({
      maps: selected,
      scale: inScale,
      shape: inputShape(selected, picture),
      pad: sizes.pad,
      value: (row, column) => valueAt(selected, 0, row, column, settings.padding_mode),
      format,
      window: focus.window,
      pinned: state.pinned,
      marker: hover?.on === "input" ? hover.cell : null,
      highlight: touched && { ...touched, role: "kernel" as Role },
      dropped: droppedBy(settings, sizes),
      paint: frame.brush(),
    });
    output.update({
      maps: outMaps,
      scale: outScale,
      shape: shapeText(result.output),
      value: (row, column) => outMaps.data[row * outMaps.width + column] as number,
      format,
      marker: focus.output,
      pinned: state.pinned,
      highlight: fed && { ...fed, role: "input" as Role },
      filled: stepping ? indexOf(focus.output, shown) + 1 : null,
    });
    const magnified: MagnifierProps = {
      label: t("magnifier.label"),
      height: selected.height,
      width: selected.width,
      pad: sizes.pad,
      value: (row, column) => valueAt(selected, 0, row, column, settings.padding_mode),
      scale: inScale.kind === "colour" ? { ...inScale, kind: "grey" } : inScale,
      format: numberText(divisor, divisor === 1 ? 6 : 4),
      window: focus.window,
      dropped: droppedBy(settings, sizes),
      highlight: weight && [focus.window.rows[weight[0]] ?? 0, focus.window.columns[weight[1]] ?? 0],
    };
    near.el.classList.toggle("cw-absent", input.isGrid());
    if (!input.isGrid()) nearing.run(() => near.update(magnified));
    sum.update(sumProps(shown, focus, divisor));
    frame.player.update({ index: indexOf(focus.output, shown), count: cells(shown), playing: frame.stepper.playing, speed: state.speed });
    kernel.update({
      kernel: settings.kernel,
      flip: settings.flip,
      reach: picture.dtype === "uint8" ? [0, 255] : extent(selected),
      channels: picture.maps.channels === 3 && settings.channels === "sum" ? 3 : 1,
      highlight: weight ?? (hover?.on === "input" ? weightUnder(hover.cell, focus.window) : null),
      canUndo: explorer.session.canUndo,
      locked: state.locked.includes("kernel"),
    });
    if (changed.has("hover")) return;
    kernel.el.hidden = state.hidden.includes("kernel");
    partials.hidden = !result.partial;
    if (result.partial) {
      const parts = result.partial;
      const reach = outputScale({ ...parts, channels: 1 }, "signed", 255).scale;
      for (const [channel, panel] of partial.entries()) {
        const plane = parts.height * parts.width;
        const maps = { ...parts, channels: 1, data: parts.data.subarray(channel * plane, (channel + 1) * plane) };
        panel.update({
          maps,
          scale: reach,
          shape: shapeText(maps),
          value: (row, column) => maps.data[row * maps.width + column] as number,
          format,
          marker: settings.pooling === "none" ? focus.output : null,
        });
      }
    }
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
    frame.sayLater(spokenSentence(sumProps(shown, focus, divisor)));
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
    nearing.dispose();
    for (const view of [input, output, kernel, sum, near, compare, controls, ...partial]) view.destroy();
    frame.destroy();
  };
}

/** The arithmetic of one position, as its view takes it; pixels divided as the display divides them. */
function sumProps({ settings, sizes, result }: View, focus: Focus, divisor = 1) {
  const [row, column] = focus.feature;
  const at = (maps: Maps, channel: number) =>
    (maps.data[(channel * maps.height + row) * maps.width + column] as number) / divisor;
  const terms = termsAt(focus.window, settings, result.selected).map((channel) =>
    channel.map((term) => ({ ...term, value: term.value / divisor })),
  );
  // With each channel by itself, the sum shown is the first channel's.
  const shownTerms = result.partial ? terms : terms.slice(0, 1);
  const pooled = focus.pooled && {
    kind: settings.pooling as "max" | "average",
    values: focus.pooled.rows.flatMap((r) =>
      (focus.pooled as Region).columns.map((c) => (result.activated.data[r * result.activated.width + c] as number) / divisor),
    ),
    ...(settings.pooling === "max" && {
      winner:
        (row - (focus.pooled.rows[0] as number)) * focus.pooled.columns.length +
        (column - (focus.pooled.columns[0] as number)),
    }),
    ...(settings.pooling === "average" && { divisor: settings.pool_size ** 2 }),
    result: (result.output.data[focus.output[0] * result.output.width + focus.output[1]] as number) / divisor,
    position: focus.output,
    reads: focus.pooled,
  };
  return {
    sum: {
      kind: "convolution" as const,
      terms: shownTerms,
      partial: result.partial && terms.map((_, channel) => at(result.partial as Maps, channel)),
      bias: settings.bias / divisor,
      feature: at(result.feature, 0),
      position: focus.feature,
      reads: focus.window,
      activation:
        settings.activation === "none" ? null : { kind: settings.activation, result: at(result.activated, 0) },
      pooling: pooled,
    },
    size: {
      input: sizes.input,
      window: sizes.kernel,
      pad: sizes.pad,
      stride: [settings.stride, settings.stride] as const,
      dilation: [settings.dilation, settings.dilation] as const,
      output: sizes.feature,
    },
    poolSize: focus.pooled && {
      input: sizes.feature,
      window: [settings.pool_size, settings.pool_size] as const,
      pad: [0, 0, 0, 0] as const,
      stride: [settings.pool_stride, settings.pool_stride] as const,
      dilation: [1, 1] as const,
      output: sizes.output,
    },
    channelNames: [0, 1, 2].map(channelName),
  };
}

/** The weight that lies on an input cell in a window, if one does. */
function weightUnder([row, column]: Cell, window: Region): Cell | null {
  const [i, j] = [window.rows.indexOf(row), window.columns.indexOf(column)];
  return i < 0 || j < 0 ? null : [i, j];
}

function channelName(channel: number): string {
  return [t("channel.red"), t("channel.green"), t("channel.blue")][channel] as string;
}

/** Settings in a few words. */
function summary(settings: ConvolutionSettings): string {
  const kernel = galleryKernel(settings.kernel)?.title ?? t("kernel.custom");
  return t("summary.convolution", {
    kernel,
    stride: settings.stride,
    padding: String(settings.padding),
    dilation: settings.dilation,
  });
}
