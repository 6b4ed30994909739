/** What an input's cells are looked at for: their values, or how many windows read them. */
import type { Maps, Pads } from "../engine/types";
import { segmented } from "../views/controls";
import { h, setText } from "../views/dom";
import type { Scale } from "../views/theme";
import { plural, t, wholeNumber } from "../words";

export type Looks = "values" | "windows";

/** How many windows read each row and each column, the padding's before and after included. */
export interface Coverage {
  rows: readonly number[];
  columns: readonly number[];
}

export interface LensProps {
  /** Whose numbers are written where the input has three channels, else null. */
  channel: number | null;
  /** Null while values are shown. */
  coverage: CoverageMap | null;
}

/** The switches under an input, and what the windows' counts come to. */
export function lens({ onLook, onChannel }: { onLook(looks: Looks): void; onChannel(channel: number): void }) {
  let looks: Looks = "values";
  const look = segmented<Looks>({
    label: t("lens.look"),
    options: (["values", "windows"] as const).map((value) => ({ value, label: t(`lens.${value}`) })),
    value: looks,
    onChange(value) {
      looks = value;
      onLook(value);
    },
  });
  const channels = segmented({
    label: t("lens.channel"),
    options: [0, 1, 2].map((channel) => ({ value: String(channel), label: channelName(channel) })),
    value: "0",
    onChange: (value) => onChannel(Number(value)),
  });
  look.el.dataset["control"] = "lens";
  channels.el.dataset["control"] = "numbers";
  const note = h("p", { class: "cw-lens-note", "aria-live": "polite" });
  const el = h("div", { class: "cw-lens" }, look.el, channels.el, note);

  return {
    el,
    looks: () => looks,
    update({ channel, coverage }: LensProps) {
      channels.update({ value: String(channel ?? 0), hidden: channel === null || coverage !== null });
      note.hidden = coverage === null;
      setText(note, coverage ? coverageText(coverage) : "");
    },
    destroy() {
      look.destroy();
      channels.destroy();
    },
  };
}

export interface CoverageMap {
  maps: Maps;
  scale: Scale;
  /** The count of a cell of the input or of the padding about it. */
  value(row: number, column: number): number;
}

/** The windows that read each cell, as a map: those of its row times those of its column. */
export function coverageMap({ rows, columns }: Coverage, [top, bottom, left, right]: Pads): CoverageMap {
  const [height, width] = [rows.length - top - bottom, columns.length - left - right];
  const value = (row: number, column: number) => (rows[row + top] ?? 0) * (columns[column + left] ?? 0);
  const data = new Float32Array(height * width);
  let high = 1;
  for (let i = 0; i < data.length; i++) {
    const count = value(Math.floor(i / width), i % width);
    data[i] = count;
    if (count > high) high = count;
  }
  return { maps: { data, channels: 1, height, width }, scale: { kind: "grey", low: 0, high }, value };
}

/** What the counts come to, in words. */
export function coverageText({ maps: { data }, scale: { high } }: CoverageMap): string {
  const counts = data.filter((count) => count > 0);
  const least = counts.reduce((count, other) => Math.min(count, other), high);
  const windows =
    least === high ? plural("lens.windows", high) : t("lens.range", { least: wholeNumber(least), greatest: wholeNumber(high) });
  const unread = data.length - counts.length;
  if (unread === 0) return t("lens.all", { windows });
  const [read, total, none] = [counts.length, data.length, unread].map(wholeNumber) as [string, string, string];
  return t("lens.some", { windows, read, total, unread: none });
}

export function channelName(channel: number): string {
  return [t("channel.red"), t("channel.green"), t("channel.blue")][channel] as string;
}
