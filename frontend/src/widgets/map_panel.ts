/** A map with its role, its name, its shape and its colour bar: cells with numbers where it is small. */
import type { Maps } from "../engine/types";
import { type Cell, type CellEvents, type Mark, type Region, cellGrid } from "../views/cellGrid";
import { colourBar } from "../views/colourBar";
import { h } from "../views/dom";
import { pictureView } from "../views/pictureView";
import type { Role, Scale } from "../views/theme";
import { t } from "../words";

/** The greatest side that is drawn as cells with numbers. */
export const GRID_LIMIT = 16;
const PADDED_LIMIT = 40;

export interface MapPanelOptions extends CellEvents {
  role: Role;
  title: string;
  /** What stands at the right of the head. */
  tools?: HTMLElement[];
  onEdit?(cell: Cell, value: number, done: boolean): void;
  clickEdits?: boolean;
  /** Whether small cells scroll, as they do unless told, or shrink. */
  fit?: "scroll" | "shrink";
}

export interface MapPanelProps {
  maps: Maps | null;
  /** Which of several maps; all as one colour picture when the scale is "colour". */
  channel?: number;
  scale: Scale;
  shape: string;
  /** What the numbers are, where they are not the map's own. */
  note?: string;
  pad?: readonly [number, number, number, number];
  /** A value of the map or of the padding about it. */
  value(row: number, column: number): number;
  format(value: number): string;
  /** The cells that are read or take part, in the kernel's colour unless told. */
  window?: (Region & { role?: Role }) | null;
  marker?: Cell | null;
  pinned?: boolean;
  highlight?: (Region & { role: Role }) | null;
  dropped?: Region | null;
  filled?: number | null;
  paint?: number | null;
  /** Cells cannot be changed now. */
  locked?: boolean;
  empty?: string;
}

export interface MapPanelView {
  el: HTMLElement;
  update(props: MapPanelProps): void;
  /** True while the map is drawn as cells. */
  isGrid(): boolean;
  toSVG(): string | null;
  canvas(): HTMLCanvasElement | null;
  destroy(): void;
}

export function mapPanel(options: MapPanelOptions): MapPanelView {
  const shape = h("span", { class: "cw-shape" });
  const body = h("div", { class: "cw-map" });
  const bar = colourBar();
  const el = h(
    "section",
    { class: `cw-panel cw-panel-${options.role}`, "aria-label": options.title },
    h(
      "div",
      { class: "cw-panel-head" },
      h("span", { class: `cw-swatch cw-swatch-${options.role}`, "aria-hidden": "true" }),
      h("span", { class: "cw-panel-title" }, options.title),
      shape,
      h("span", { class: "cw-spacer" }),
      ...(options.tools ?? []),
    ),
    body,
    bar.el,
  );
  const picture = pictureView(options);
  const grid = cellGrid({ fit: "scroll", ...options });
  let drawn: "grid" | "picture" | null = null;

  const show = (kind: "grid" | "picture") => {
    if (drawn === kind) return;
    drawn = kind;
    body.replaceChildren(kind === "grid" ? grid.el : picture.el);
  };

  return {
    el,
    update(props) {
      const { maps, scale, pad = [0, 0, 0, 0] } = props;
      shape.textContent = props.shape;
      const label = [`${options.title} ${props.shape}`, ...(props.note ? [props.note] : [])].join(", ");
      const small =
        maps !== null &&
        Math.max(maps.height, maps.width) <= GRID_LIMIT &&
        Math.max(maps.height + pad[0] + pad[1], maps.width + pad[2] + pad[3]) <= PADDED_LIMIT;
      show(small ? "grid" : "picture");
      if (small) {
        const plane = maps.height * maps.width;
        grid.update({
          label,
          height: maps.height,
          width: maps.width,
          pad,
          value: props.value,
          scale: scale.kind === "colour" ? { ...scale, kind: "grey" } : scale,
          ...(scale.kind === "colour" && {
            colour: (row: number, column: number) => {
              const inside = row >= 0 && column >= 0 && row < maps.height && column < maps.width;
              const channelValue = (channel: number) =>
                inside ? (maps.data[channel * plane + row * maps.width + column] as number) : 0;
              const level = (channel: number) =>
                (255 * (channelValue(channel) - scale.low)) / (scale.high - scale.low || 1);
              return [level(0), level(1), level(2)] as const;
            },
          }),
          format: props.format,
          marks: marksOf(props, options.role),
          dropped: props.dropped ?? null,
          cursor: props.marker ?? null,
          filled: props.filled ?? null,
          paint: props.paint ?? null,
          locked: props.locked ?? false,
        });
      } else {
        picture.update({
          label,
          maps,
          channel: props.channel ?? 0,
          scale,
          window: props.window ?? null,
          marker: props.marker ?? null,
          pinned: props.pinned ?? false,
          highlight: props.highlight ?? null,
          dropped: props.dropped ?? null,
          filled: props.filled ?? null,
          ...(props.empty !== undefined && { empty: props.empty }),
        });
      }
      bar.el.hidden = maps === null;
      bar.update({
        scale,
        value: maps && props.marker ? props.value(...props.marker) : null,
        format: props.format,
      });
    },
    isGrid: () => drawn === "grid",
    toSVG: () => (drawn === "grid" ? grid.toSVG(t("export.title", { name: options.title })) : null),
    canvas: () => (drawn === "picture" ? picture.canvas : null),
    destroy() {
      picture.destroy();
      grid.destroy();
      bar.destroy();
    },
  };
}

function marksOf({ window, marker, pinned, highlight }: MapPanelProps, role: Role): Mark[] {
  const marks: Mark[] = [];
  if (highlight) {
    marks.push({ ...highlight, style: "tint", strength: 0.55 });
    marks.push({ ...highlight, style: "ring" });
  }
  if (window) marks.push({ role: "kernel", ...window, style: "window" });
  if (marker) {
    const [row, column] = marker;
    marks.push({ rows: [row], columns: [column], role, style: "outline", strength: pinned ? 1 : 0.7 });
  }
  return marks;
}
