/** The input as it is looked at: its map, the switches under it, and the close-up about the window. */
import type { Maps, Pads } from "../engine/types";
import type { Cell } from "../views/cellGrid";
import { h } from "../views/dom";
import { magnifier } from "../views/magnifier";
import type { Scale } from "../views/theme";
import { t, wholeNumber } from "../words";
import { Deferral } from "./deferral";
import { type CoverageMap, channelName, lens } from "./lens";
import { type MapPanelOptions, type MapPanelProps, mapPanel } from "./map_panel";

export interface InputViewOptions extends Pick<MapPanelOptions, "tools" | "onHover" | "onPick" | "onMove" | "onEdit"> {
  /** Tools that change cells: there while values are shown. */
  paintTools: HTMLElement;
  /** The learner looks at something else. */
  onLook(): void;
  onChannel(channel: number): void;
}

type Marks = Pick<MapPanelProps, "window" | "marker" | "pinned" | "highlight" | "dropped" | "paint">;

export interface InputViewProps extends Marks {
  maps: Maps;
  scale: Scale;
  shape: string;
  pad: Pads;
  /** A value of the input, or of the padding about it. */
  value(row: number, column: number): number;
  format(value: number): string;
  /** A value in the close-up's smaller cells. */
  formatNear(value: number): string;
  /** Whose values are written where there are three channels, else null. */
  channel: number | null;
  coverage(): CoverageMap;
  /** A cell of the window that is pointed out in the close-up. */
  pointed: Cell | null;
  locked: boolean;
}

export function inputView({ paintTools, onLook, onChannel, ...events }: InputViewOptions) {
  const panel = mapPanel({ role: "input", title: t("role.input"), ...events });
  const look = lens({ onLook, onChannel });
  const under = h("div", { class: "cw-input-tools" }, look.el, paintTools);
  const near = magnifier({ role: "input", ...(events.onHover && { onHover: events.onHover }), ...(events.onPick && { onPick: events.onPick }) });
  const nearing = new Deferral();

  return {
    el: panel.el,
    /** What stands under the map: how it is looked at, and what changes its cells. */
    tools: under,
    near: near.el,
    update({ maps, scale, value, format, formatNear, channel, coverage, pointed, locked, ...shared }: InputViewProps) {
      const counts = look.looks() === "windows" ? coverage() : null;
      const name = channel === null ? "" : channelName(channel);
      const shown = counts ?? { maps, scale, value };
      look.update({ channel, coverage: counts });
      paintTools.classList.toggle("cw-absent", counts !== null);
      panel.update({
        ...shared,
        ...shown,
        format: counts ? wholeNumber : format,
        note: counts ? t("lens.windows") : name,
        paint: counts ? null : (shared.paint ?? null),
        locked: locked || counts !== null,
      });
      near.el.classList.toggle("cw-absent", panel.isGrid());
      if (panel.isGrid()) return;
      nearing.run(() =>
        near.update({
          ...shown,
          label: counts
            ? t("magnifier.windows")
            : name
              ? t("magnifier.channel", { channel: name })
              : t("magnifier.label"),
          height: maps.height,
          width: maps.width,
          pad: shared.pad,
          scale: shown.scale.kind === "colour" ? { ...shown.scale, kind: "grey" } : shown.scale,
          format: counts ? wholeNumber : formatNear,
          window: shared.window ?? null,
          dropped: shared.dropped ?? null,
          highlight: pointed,
        }),
      );
    },
    toSVG: () => panel.toSVG(),
    destroy() {
      nearing.dispose();
      for (const view of [panel, look, near]) view.destroy();
    },
  };
}
