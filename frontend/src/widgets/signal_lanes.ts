/** The lanes of a discrete convolution over one axis: signal, kernel in its place, products, output. */
import { dropped, feeds, windowOf } from "../engine/geometry";
import { button } from "../views/button";
import { h, setText } from "../views/dom";
import { formatIndices } from "../views/format";
import { roundRange } from "../views/plotScale";
import { type Stem, stemPlot } from "../views/stemPlot";
import type { Role } from "../views/theme";
import { t } from "../words";
import { type SignalResult, type SignalSettings, type SignalSizes, placeOf } from "./convolution1d_state";

export interface SignalLanesOptions {
  /** What stands beside the signal's name. */
  tools: HTMLElement[];
  onSignal(index: number, value: number, done: boolean): void;
  onChoose(index: number): void;
  onHover(index: number | null): void;
  /** What was kept is let go. */
  onRelease(): void;
}

export interface SignalLanesProps {
  settings: SignalSettings;
  sizes: SignalSizes;
  result: SignalResult;
  index: number;
  filled: number | null;
  /** The tap that is pointed at in the sum. */
  tap: number | null;
  locked: boolean;
  /** The output's length is asked for: what no window reads must not tell it. */
  guarded: boolean;
  kept: { settings: SignalSettings; sizes: SignalSizes; result: SignalResult; text: string } | null;
}

const TALL = 132;
const LOW = 84;

export function signalLanes({ tools, onSignal, onChoose, onHover, onRelease }: SignalLanesOptions) {
  const signal = stemPlot({
    role: "input",
    onEdit: (index, value, done) => onSignal(index - before, value, done),
    onHover(index) {
      pointed = index;
      light();
    },
  });
  const window = stemPlot({ role: "kernel" });
  const products = stemPlot({ role: "output", bars: true });
  const output = stemPlot({ role: "output", onChoose, onHover });
  const past = stemPlot({ role: "output" });
  const release = button({ label: t("compare.release"), kind: "quiet", onClick: onRelease });
  const lanes = {
    signal: lane("input", t("role.signal"), signal.el, tools),
    window: lane("kernel", t("signal.window"), window.el),
    products: lane(null, t("signal.products"), products.el),
    output: lane("output", t("role.output"), output.el),
    past: lane("output", t("compare.kept"), past.el, [release.el]),
  };
  lanes.products.el.dataset["answers"] = "value";
  lanes.output.el.dataset["answers"] = "size value shape";
  const inner = h("div", { class: "cw-lanes-inner" }, ...Object.values(lanes).map(({ el }) => el));
  const el = h("div", { class: "cw-lanes" }, inner);
  let before = 0;
  let flip: boolean | null = null;
  let pointed: number | null = null;
  let painted: SignalLanesProps | null = null;

  /** Lights the outputs that the pointed cell of the signal takes part in. */
  function light(): void {
    if (!painted) return;
    const { sizes, settings } = painted;
    const { stride, dilation } = settings;
    output.update({ lit: pointed === null ? [] : feeds(pointed - before, sizes.output, sizes.taps, stride, before, dilation) });
  }

  /** Brings the window into sight where the lanes are wider than the page. */
  function reveal(from: number, to: number, span: number): void {
    if (el.scrollWidth <= el.clientWidth + 1) return;
    const unit = el.scrollWidth / span;
    if (from * unit < el.scrollLeft) el.scrollLeft = Math.max(0, (from - 1) * unit);
    else if (to * unit > el.scrollLeft + el.clientWidth) el.scrollLeft = (to + 1) * unit - el.clientWidth;
  }

  return {
    el,
    update(props: SignalLanesProps, shown: boolean) {
      const { settings, sizes, result, index, kept } = props;
      const { length, taps, pad } = sizes;
      const { stride, dilation } = settings;
      before = pad[0];
      painted = props;
      const lost = new Set(props.guarded ? [] : dropped(length, sizes.output, taps, stride, before, dilation));
      const cells = windowOf(index, taps, stride, before, dilation);
      const [first, last] = [cells[0] as number, cells[taps - 1] as number];
      const keptPad = kept?.sizes.pad ?? pad;
      const domain = [-Math.max(before, keptPad[0]) - 0.5, length + Math.max(pad[1], keptPad[1]) - 0.5] as const;
      const at = (place: number) => (place >= 0 && place < length ? (result.signal[place] as number) : 0);
      const stems = Array.from({ length: before + length + pad[1] }, (_, i): Stem => {
        const place = i - before;
        const kind = place < 0 || place >= length ? "padding" : lost.has(place) ? "dropped" : "inside";
        return { at: place, value: at(place), kind };
      });
      const inside = (i: number) => stems[i]?.kind !== "padding";
      signal.update({
        label: t("signal.editSignal"),
        stems,
        domain,
        range: roundRange(result.signal),
        height: TALL,
        band: [first, last],
        marker: props.tap === null ? null : (cells[props.tap] as number) + before,
        indexed: true,
        name: (i) => t(stems[i]?.kind === "dropped" ? "signal.droppedName" : "signal.name", { index: i - before }),
        reachable: inside,
        locked: props.locked,
      });
      const turned = flip !== null && flip !== settings.flip;
      flip = settings.flip;
      lanes.window.el.classList.toggle("cw-lane-turning", turned);
      setText(lanes.window.note, t(settings.flip ? "signal.windowFlipped" : "signal.windowPlain"));
      const cellOf = (weight: number) => cells[settings.flip ? taps - 1 - weight : weight] as number;
      const weights = Array.from(result.kernel);
      window.update({
        label: t("signal.windowLabel", { from: first, to: last }),
        stems: weights.map((value, weight) => ({ at: cellOf(weight), value })),
        domain,
        range: roundRange(weights),
        height: LOW,
        band: [first, last],
        holes: holes(cells, dilation),
        indexed: false,
        marker: props.tap === null ? null : settings.flip ? taps - 1 - props.tap : props.tap,
      });
      const terms = weights.map((weight, k) => ({ at: cellOf(k), value: weight * at(cellOf(k)) }));
      products.update({
        label: t("signal.products"),
        stems: terms,
        domain,
        range: roundRange(extremeProducts(result)),
        height: LOW,
        band: [first, last],
        indexed: false,
      });
      setText(lanes.products.note, t("signal.productsNote"));
      setText(lanes.output.note, String(result.output.length));
      const unread = lost.size > 0 ? ` · ${t("signal.dropped", { indices: formatIndices([...lost]) })}` : "";
      setText(lanes.signal.note, `${length}${unread}`);
      const here = placeOf(index, settings, taps, before);
      output.update({
        ...outputProps(settings, sizes, result.output, domain, props.filled, index),
        band: [here, here],
      });
      light();
      lanes.past.el.hidden = kept === null;
      if (kept) {
        setText(lanes.past.note, kept.text);
        past.update({ ...outputProps(kept.settings, kept.sizes, kept.result.output, domain, null, null), name: null });
      }
      if (shown) reveal(first - domain[0] - 0.5, last - domain[0] + 0.5, domain[1] - domain[0]);
    },
    destroy() {
      for (const view of [signal, window, products, output, past, release]) view.destroy();
      el.remove();
    },
  };
}

/** Outputs stand under the middles of their windows, so that alignment is seen. */
export function outputProps(
  settings: SignalSettings,
  { taps, pad }: SignalSizes,
  values: Float32Array,
  domain: readonly [number, number],
  filled: number | null,
  marker: number | null,
) {
  return {
    label: t("signal.outputLabel"),
    stems: Array.from(values, (value, i): Stem => ({ at: placeOf(i, settings, taps, pad[0]), value })),
    indices: Array.from(values, (_, i) => i),
    domain,
    range: roundRange(values),
    height: TALL,
    indexed: true,
    marker,
    filled,
    name: (i: number) => t("signal.outputName", { index: i }),
  };
}

/** The name of a lane, a note, what can be chosen there, and its plot. */
export function lane(role: Role | null, title: string, plot: HTMLElement, tools: HTMLElement[] = []) {
  const note = h("span", { class: "cw-lane-note" });
  const el = h(
    "section",
    { class: `cw-lane${role ? ` cw-lane-${role}` : ""}`, "aria-label": title },
    h(
      "div",
      { class: "cw-lane-head" },
      role && h("span", { class: `cw-swatch cw-swatch-${role}`, "aria-hidden": "true" }),
      h("span", { class: "cw-panel-title" }, title),
      note,
      ...tools,
    ),
    plot,
  );
  return { el, note };
}

/** The places between the taps of a dilated kernel. */
function holes(cells: readonly number[], dilation: number): number[] {
  return cells.slice(0, -1).flatMap((cell) => Array.from({ length: dilation - 1 }, (_, i) => cell + 1 + i));
}

/** As far as any product goes, so that the scale stays from place to place. */
function extremeProducts({ signal, kernel }: SignalResult): number[] {
  const [low, high] = [Math.min(0, ...signal), Math.max(0, ...signal)];
  return Array.from(kernel).flatMap((weight) => [weight * low, weight * high]);
}
