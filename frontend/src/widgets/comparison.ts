/** What was kept beside what is now, and their difference where both have one size. */
import type { Maps } from "../engine/types";
import { button } from "../views/controls";
import { h, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import type { Scale } from "../views/theme";
import { t } from "../words";
import { mapPanel } from "./map_panel";
import type { PictureDescriptor } from "./pictures";
import { outputScale } from "./scales";

export interface ComparisonProps {
  /** What was kept, as the display shows it. */
  kept: { shown: Maps; scale: Scale } | null;
  now: Maps | null;
  /** Whose numbers are written where the maps have three. */
  channel: number;
  /** What was kept, in words. */
  summary: string;
  format(value: number): string;
}

export function comparison({ onRelease }: { onRelease(): void }) {
  const kept = mapPanel({ role: "output", title: t("compare.kept") });
  const difference = mapPanel({ role: "output", title: t("compare.difference") });
  const note = h("p", { class: "cw-compare-note" });
  const release = button({ label: t("compare.release"), kind: "quiet", onClick: onRelease });
  const el = h(
    "section",
    { class: "cw-compare", "aria-label": t("compare.label"), hidden: true },
    h("div", { class: "cw-compare-head" }, note, release.el),
    h("div", { class: "cw-compare-maps" }, kept.el, difference.el),
  );

  return {
    el,
    update({ kept: past, now, channel, summary, format }: ComparisonProps) {
      el.hidden = past === null;
      if (!past || !now) return;
      const { shown: before, scale } = past;
      const at = (maps: Maps) => valueIn(maps, channel);
      kept.update({ maps: before, scale, shape: shapeText(before), value: at(before), format });
      const comparable =
        before.height === now.height && before.width === now.width && before.channels === now.channels;
      const gap = comparable ? minus(now, before) : null;
      difference.update({
        maps: gap,
        scale: gap ? outputScale(gap, gap.channels === 3 ? "auto" : "signed", 255).scale : scale,
        shape: gap ? shapeText(gap) : "",
        value: gap ? at(gap) : () => 0,
        format,
        empty: t("compare.sizes", { kept: shapeText(before), now: shapeText(now) }),
      });
      const mean = gap ? gap.data.reduce((total, value) => total + Math.abs(value), 0) / gap.data.length : 0;
      setText(note, gap ? t("compare.note", { summary, mean: formatNumber(mean) }) : summary);
    },
    destroy() {
      kept.destroy();
      difference.destroy();
      release.destroy();
    },
  };
}

/** Reads a map's cells; of several channels one's. */
export function valueIn(maps: Maps, channel: number): (row: number, column: number) => number {
  const start = maps.channels > 1 ? channel * maps.height * maps.width : 0;
  return (row, column) => maps.data[start + row * maps.width + column] as number;
}

export function shapeText({ channels, height, width }: Maps): string {
  return channels === 3 ? `3 × ${height} × ${width}` : `${height} × ${width}`;
}

/** The shape of what is computed on, and of the picture as it came where that was larger. */
export function inputShape(maps: Maps, { original_shape: original }: PictureDescriptor): string {
  const shape = shapeText(maps);
  return original ? t("picture.resized", { shape, original: original.slice(0, 2).join(" × ") }) : shape;
}

function minus(a: Maps, b: Maps): Maps {
  return { ...a, data: a.data.map((value, i) => value - (b.data[i] as number)) };
}
