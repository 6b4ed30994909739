/** The convolution explorer: input, kernel and output, and the arithmetic of one position. */
import { multiplyAdds } from "../engine/cost";
import { run, select } from "../engine/pipeline";
import type { Maps, PipelineRequest, PipelineResult } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import type { Cell, Region } from "../views/cellGrid";
import { h } from "../views/dom";
import { exactText } from "../views/format";
import { spoken } from "../views/spoken";
import type { Role } from "../views/theme";
import { t } from "../words";
import { convolutionCode } from "./code";
import { shapeText } from "./comparison";
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
import { type ExplorerSpec, frameMap } from "./explorer";
import { coverageOf, droppedBy, fedBy, focusAt, termsAt, touchedBy, valueAt } from "./focus";
import { kernelPanel } from "./kernel_panel";
import { galleryKernel } from "./kernels";
import { channelName } from "./lens";
import { mapPanel } from "./map_panel";
import { fetchPicture } from "./pictures";
import { type Moment, type Viewed, scene } from "./scene";
import { extent, outputScale } from "./scales";

type View = Viewed<ConvolutionSettings, Shapes, PipelineResult>;
type Now = Moment<ConvolutionSettings, Shapes, PipelineResult>;

const spec: ExplorerSpec<ConvolutionSettings, Shapes, PipelineRequest, PipelineResult> = {
  defaults: CONVOLUTION_DEFAULTS,
  settings: SETTINGS,
  shapes: (settings) => shapes(settings),
  undoable: ["display", "unit_range"],
  fetch: ({ image }, link) => fetchPicture(image, link),
  request: pipelineRequest,
  job: (request) => request,
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

export function mountConvolution2D(context: RenderContext): Dispose {
  const view = scene(context, {
    spec,
    kind: "convolution-2d",
    title: t("title.convolution"),
    parameters: [{ key: "kernel", label: t("role.kernel") }],
    controls: convolutionControls,
    start: ({ output }) => [Math.floor(output[0] / 2), Math.floor(output[1] / 2)],
    reads: (cell, viewed) => focusOf(cell, viewed).window,
    fed: (cell, { settings, sizes }) => fedBy(cell, settings, sizes),
    dropped: ({ settings, sizes }) => droppedBy(settings, sizes),
    coverage: ({ settings, sizes }) => coverageOf(settings, sizes),
    value: ({ settings, result, channel }, row, column) =>
      valueAt(result.selected, channel, row, column, settings.padding_mode),
    sum: sumProps,
    place: (term, { sizes }) => [Math.floor(term / sizes.kernel[1]), term % sizes.kernel[1]],
    repair,
    code: convolutionCode,
    summary,
    marks({ hover, settings, sizes }) {
      const touched = hover?.on === "window" ? touchedBy(hover.cell, settings, sizes) : null;
      return { highlight: touched && { ...touched, role: "kernel" as Role } };
    },
    paint(now, settled) {
      paintKernel(now);
      if (settled) paintPartials(now);
    },
  });

  const kernel = kernelPanel({
    onKernel(value, settled) {
      view.hands.set({ kernel: value });
      if (settled) view.hands.settle();
    },
    onAlter([row, column], weight, channel) {
      const words = { row, column, value: spoken(exactText(weight)) };
      view.announce(
        channel === null
          ? t("spoken.weight", words)
          : t("spoken.weightOf", { ...words, channel: channelName(channel) }),
      );
    },
    onHover: (cell) => view.pointAt(cell && { on: "window", cell }),
    onChannel: (channel) => view.chooseChannel(channel),
  });
  const paintKernel = ({ settings, result, picture, state, hover, window, channel }: Now) => {
    kernel.el.hidden = state.hidden.includes("kernel");
    kernel.update({
      // As it is set, which may be ahead of the result.
      kernel: state.kernel,
      flip: settings.flip,
      reach: picture.dtype === "uint8" ? [0, 255] : extent(result.selected),
      channels: picture.maps.channels === 3 && settings.channels === "sum" ? 3 : 1,
      channel,
      highlight:
        hover?.on === "window" ? hover.cell : hover?.on === "input" ? weightUnder(hover.cell, window) : null,
      locked: state.locked.includes("kernel"),
    });
  };

  const partial = [0, 1, 2].map((channel) =>
    mapPanel({ role: "output", title: t("partial.title", { channel: channelName(channel) }) }),
  );
  const partials = h("div", { class: "cw-partials", hidden: true }, ...partial.map((panel) => panel.el));
  const paintPartials = ({ settings, result: { partial: parts }, cell, format }: Now) => {
    partials.hidden = !parts;
    if (!parts) return;
    const { scale } = outputScale({ ...parts, channels: 1 }, "signed", 255);
    for (const [channel, panel] of partial.entries()) {
      const plane = parts.height * parts.width;
      const maps = { ...parts, channels: 1, data: parts.data.subarray(channel * plane, (channel + 1) * plane) };
      panel.update({
        maps,
        scale,
        shape: shapeText(maps),
        value: (row, column) => maps.data[row * maps.width + column] as number,
        format,
        marker: settings.pooling === "none" ? cell : null,
      });
    }
  };

  view.stage.append(
    h("div", { class: "cw-panels" }, view.input, view.inputTools, kernel.el, view.output),
    partials,
    view.compare,
    h("div", { class: "cw-explain" }, view.near, view.sum),
    view.controls,
  );

  return () => {
    for (const panel of [kernel, ...partial]) panel.destroy();
    view.dispose();
  };
}

/** The channel of the feature map whose numbers are written; where channels are added up it has one. */
function ownChannel({ result, channel }: View): number {
  return result.partial ? 0 : channel;
}

function focusOf(cell: Cell, view: View) {
  return focusAt(cell, view.settings, view.sizes, view.result, ownChannel(view));
}

/** The arithmetic of one position, as its view takes it; pixels divided as the display divides them. */
function sumProps(cell: Cell, view: View) {
  const { settings, sizes, result, divisor } = view;
  const focus = focusOf(cell, view);
  const [row, column] = focus.feature;
  const own = ownChannel(view);
  const at = (maps: Maps, plane: number, [row, column]: Cell) =>
    (maps.data[(plane * maps.height + row) * maps.width + column] as number) / divisor;
  const terms = termsAt(focus.window, settings, result.selected).map((plane) =>
    plane.map((term) => ({ ...term, value: term.value / divisor })),
  );
  const pooled = focus.pooled && {
    kind: settings.pooling as "max" | "average",
    values: focus.pooled.rows.flatMap((r) =>
      (focus.pooled as Region).columns.map((c) => at(result.activated, own, [r, c])),
    ),
    ...(settings.pooling === "max" && {
      winner:
        (row - (focus.pooled.rows[0] as number)) * focus.pooled.columns.length +
        (column - (focus.pooled.columns[0] as number)),
    }),
    ...(settings.pooling === "average" && { divisor: settings.pool_size ** 2 }),
    result: at(result.output, own, focus.output),
    position: focus.output,
    reads: focus.pooled,
  };
  return {
    sum: {
      kind: "convolution" as const,
      terms: result.partial ? terms : terms.slice(own, own + 1),
      partial: result.partial && terms.map((_, plane) => at(result.partial as Maps, plane, focus.feature)),
      bias: settings.bias / divisor,
      feature: at(result.feature, own, focus.feature),
      position: focus.feature,
      reads: focus.window,
      activation:
        settings.activation === "none"
          ? null
          : { kind: settings.activation, result: at(result.activated, own, focus.feature) },
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

/** Settings in a few words. */
function summary(settings: ConvolutionSettings): string {
  const { stride, padding, dilation, activation, pooling, pool_size, pool_stride } = settings;
  const kernel = galleryKernel(settings.kernel)?.title ?? t("kernel.custom");
  const parts = [t("summary.convolution", { kernel, stride, padding: String(padding), dilation })];
  if (activation !== "none") parts.push(t(`choice.activation.${activation}`));
  if (pooling !== "none") {
    const kind = t(`choice.pooling.${pooling}`);
    parts.push(t("summary.pooling", { kind, size: pool_size, stride: pool_stride }));
  }
  return parts.join("; ");
}
