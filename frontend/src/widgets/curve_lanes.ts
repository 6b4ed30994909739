/** The lanes of a convolution of two curves: both on one axis, their product, its area traced. */
import { button } from "../views/button";
import { type Curve, curvePlot } from "../views/curvePlot";
import { setText, h } from "../views/dom";
import { exactText, formatNumber } from "../views/format";
import { roundRange } from "../views/plotScale";
import { t } from "../words";
import type { SignalResult, SignalSettings } from "./convolution1d_state";
import { CELLS, LAGS, SHOWN, STEP, metBy, timeOf } from "./curves";
import { lane } from "./signal_lanes";

export interface CurveLanesProps {
  settings: SignalSettings;
  result: SignalResult;
  /** The place of the output: g has slid by (index − LAGS) cells. */
  index: number;
  /** In the step view the output is traced as far as the place. */
  traced: boolean;
  kept: { result: SignalResult; text: string } | null;
}

const DOMAIN = [-SHOWN, SHOWN] as const;
const FIRST = CELLS / 2 - LAGS;
const [FROM, TO] = [timeOf(FIRST), timeOf(FIRST + 2 * LAGS - 1)];

export function curveLanes({ onSlide, onRelease }: { onSlide(index: number): void; onRelease(): void }) {
  const slide = (at: number) => onSlide(Math.round(at / STEP) + LAGS);
  const both = curvePlot({ onSlide: slide, step: STEP });
  const product = curvePlot({ onSlide: slide, step: STEP });
  const output = curvePlot({ onSlide: slide, step: STEP });
  const release = button({ label: t("compare.release"), kind: "quiet", onClick: onRelease });
  const lanes = {
    both: lane("input", "f", both.el),
    product: lane(null, t("curves.product"), product.el),
    output: lane("output", t("role.output"), output.el, [release.el]),
  };
  lanes.product.el.dataset["answers"] = "value";
  lanes.output.el.dataset["answers"] = "size value shape";
  lanes.both.note.before(
    h("span", { class: "cw-swatch cw-swatch-kernel", "aria-hidden": "true" }),
    h("span", { class: "cw-panel-title" }, "g"),
  );
  const el = h("div", { class: "cw-lanes cw-lanes-inner" }, ...Object.values(lanes).map((part) => part.el));

  return {
    el,
    update({ settings, result, index, traced, kept }: CurveLanesProps) {
      const lag = index - LAGS;
      const s = lag * STEP;
      const sText = formatNumber(s);
      const f = result.signal.subarray(FIRST, FIRST + 2 * LAGS);
      const g = Float32Array.from({ length: 2 * LAGS }, (_, i) => metValue(result, FIRST + i, lag, settings.flip));
      const products = g.map((value, i) => value * (f[i] as number));
      const range = roundRange([...f, ...result.kernel.map((value) => value / STEP)]);
      const at = { at: s, value: null, text: `s = ${sText}` };
      setText(lanes.both.note, t(settings.flip ? "curves.bothFlipped" : "curves.both"));
      both.update({
        label: t("curves.bothLabel"),
        curves: [inSight("input", f), inSight("kernel", g)],
        domain: DOMAIN, range, height: 150, marker: at,
      });
      setText(lanes.product.note, t(settings.flip ? "curves.productFlipped" : "curves.productPlain"));
      product.update({
        label: t("curves.productLabel"),
        curves: [{ ...inSight("output", products), shaded: true }],
        domain: DOMAIN, range: productRange(range), height: 120, marker: at,
      });
      release.update({ hidden: kept === null });
      const area = result.output[index] as number;
      const whole: Curve = { role: "output", values: result.output, from: -SHOWN, to: SHOWN };
      const past: Curve[] = kept ? [{ ...whole, values: kept.result.output, faint: true }] : [];
      setText(lanes.output.note, [t(settings.flip ? "curves.outputFlipped" : "curves.outputPlain"), kept && t("compare.summary", { summary: kept.text })].filter(Boolean).join(" · "));
      output.update({
        label: t("curves.outputLabel"),
        curves: traced
          ? [...past, { ...whole, values: result.output.subarray(0, index + 1), to: s }]
          : [...past, whole],
        domain: DOMAIN,
        range: roundRange([...result.output, ...(kept?.result.output ?? [])]),
        height: 150,
        marker: { at: s, value: area, text: `h(${sText}) ${equalTo(area)}` },
      });
    },
    destroy() {
      for (const view of [both, product, output, release]) view.destroy();
      el.remove();
    },
  };
}

/** The sample of g that meets a cell of f, free of the cell's width. */
export function metValue({ kernel }: SignalResult, cell: number, lag: number, flip: boolean): number {
  return (kernel[metBy(cell, lag, flip)] ?? 0) / STEP;
}

/** "= 0.75", or "≈ 0.1498" where the digits fall short. */
export function equalTo(value: number): string {
  const short = formatNumber(value, { room: 6 });
  return `${short === exactText(value) ? "=" : "≈"} ${short}`;
}

function inSight(role: Curve["role"], values: Float32Array): Curve {
  return { role, values, from: FROM, to: TO };
}

/** As far as the product of any two values goes. */
function productRange([low, high]: readonly [number, number]): [number, number] {
  return roundRange([low * high, high * high, low * low]);
}
