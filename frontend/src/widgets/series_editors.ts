/** Where a kernel's numbers and the curves of the continuous mode are chosen, dragged and drawn. */
import { curvePlot } from "../views/curvePlot";
import { h, setText } from "../views/dom";
import { picker } from "../views/picker";
import { roundRange } from "../views/plotScale";
import { stemPlot } from "../views/stemPlot";
import type { Role } from "../views/theme";
import { t } from "../words";
import { type Example, type Series, seriesValues } from "./convolution1d_state";
import { CELLS, KNOTS, LAGS, SHOWN, curveGallery, knotsOf, sampleCurve, timeOf } from "./curves";
import { lane } from "./signal_lanes";

interface Availability {
  locked: boolean;
  hidden: boolean;
}

/** The names of a gallery; what was altered by hand is "custom". */
export function seriesPicker(label: string, gallery: readonly { name: string; title: string }[], onPick: (name: string) => void) {
  const view = picker<string>({
    label,
    hideLabel: true,
    groups: [{ label, items: gallery.map(({ name, title }) => ({ value: name, label: title })) }],
    value: null,
    onPick,
  });
  return {
    el: view.el,
    update(series: Series, own: string, availability: Availability) {
      const named = typeof series === "string";
      view.update({ value: named ? series : null, text: named ? null : own, ...availability });
    },
    destroy: () => view.destroy(),
  };
}

/** A copy of a sequence with one number another. */
export function altered(values: readonly number[], index: number, value: number): number[] {
  return values.map((old, i) => (i === index ? value : old));
}

/** A sequence of another length: cut off at the end, or longer by zeros. */
export function ofLength(values: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, i) => values[i] ?? 0);
}

/** The kernel as it is written, its dots to be dragged. */
export function kernelStems(gallery: readonly Example[], onChange: (series: Series, done: boolean) => void) {
  let values: number[] = [];
  const choice = seriesPicker(t("signal.kernels"), gallery, (name) => onChange(name, true));
  const plot = stemPlot({ role: "kernel", onEdit: (index, value, done) => onChange(altered(values, index, value), done) });
  const text = h("p", { class: "cw-signal-note" });
  const part = lane("kernel", t("role.kernel"), plot.el, [choice.el]);
  part.el.append(text);
  return {
    el: part.el,
    update(series: Series, availability: Availability) {
      values = seriesValues(series, gallery);
      choice.update(series, t("kernel.custom"), availability);
      part.el.hidden = availability.hidden;
      setText(part.note, String(values.length));
      plot.update({
        label: t("signal.editKernel"),
        stems: values.map((value, at) => ({ at, value })),
        domain: [-0.5, values.length - 0.5],
        range: roundRange(values),
        height: 132,
        name: (index) => t("signal.weight", { index }),
        locked: availability.locked,
      });
      setText(text, gallery.find(({ name }) => name === series)?.text ?? t("signal.custom"));
    },
    destroy() {
      choice.destroy();
      plot.destroy();
      part.el.remove();
    },
  };
}

/** A curve in its own time, to be chosen or drawn over. */
export function curveEditor(role: Role, title: string, onChange: (series: Series, done: boolean) => void) {
  let series: Series = "box";
  let width = 1;
  const choice = seriesPicker(t("curves.choose", { name: title }), curveGallery, (name) => onChange(name, true));
  // A list of another length came from elsewhere: a hand draws on as many places as it has.
  const knots = () => (typeof series !== "string" && series.length === KNOTS ? series : knotsOf(series, width));
  const knotAt = (at: number) => Math.round(((at + SHOWN) / (2 * SHOWN)) * (KNOTS - 1));
  const plot = curvePlot({
    step: (2 * SHOWN) / (KNOTS - 1),
    drawing: {
      read: (at) => knots()[knotAt(at)] ?? 0,
      write(at, value, done) {
        series = altered(knots(), knotAt(at), Math.round(100 * value) / 100 + 0);
        onChange(series, done);
      },
    },
  });
  const part = lane(role, title, plot.el, [choice.el]);
  part.el.classList.add("cw-curve-editor");
  setText(part.note, t("curves.drawHint"));
  const first = CELLS / 2 - LAGS;
  return {
    el: part.el,
    update(next: Series, wide: number, availability: Availability) {
      [series, width] = [next, wide];
      choice.update(series, t("curves.drawn"), availability);
      part.el.hidden = availability.hidden;
      const values = sampleCurve(series, width).subarray(first, first + 2 * LAGS);
      const [low, high] = roundRange(values);
      plot.update({
        label: t("curves.draw", { name: title }),
        curves: [{ role, values, from: timeOf(first), to: timeOf(first + 2 * LAGS - 1) }],
        domain: [-SHOWN, SHOWN],
        // Room to draw below zero, and a scale that does not follow the hand.
        range: [Math.min(low, -1), Math.max(high, 1)],
        height: 112,
        locked: availability.locked,
      });
    },
    destroy() {
      choice.destroy();
      plot.destroy();
      part.el.remove();
    },
  };
}
