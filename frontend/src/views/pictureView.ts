import type { Maps } from "../engine/types";
import { t } from "../words";
import type { Cell, CellEvents, Region } from "./cellGrid";
import { cellAfterKey, clamp, sameCell } from "./cellKeys";
import { h, setAttribute, setText } from "./dom";
import { paintMaps } from "./paint";
import { pictureOverlay } from "./pictureOverlay";
import { watchRoom } from "./room";
import { type Role, type Scale, watchTheme } from "./theme";

export interface PictureOptions extends CellEvents {
  /** The map's role: colours the marker. */
  role: Role;
}

export interface PictureProps {
  /** Says what the picture is, with its size. */
  label: string;
  /** Null: nothing to show yet. Painted anew when it is another object than before. */
  maps: Maps | null;
  /** Which of several maps; all three as red, green and blue when the scale is "colour". */
  channel?: number;
  scale: Scale;
  /** The input under the kernel: a rectangle in the kernel's colour, dashed outside the picture. */
  window?: Region | null;
  /** One cell, in the picture's role colour. */
  marker?: Cell | null;
  /** The marker stays when the pointer leaves: drawn heavier. */
  pinned?: boolean;
  /** Cells that belong to what is hovered elsewhere. */
  highlight?: (Region & { role: Role }) | null;
  /** Cells done so far, in reading order; the rest is hatched. Null: all. */
  filled?: number | null;
  /** Whole rows and whole columns that no window reads. */
  dropped?: Region | null;
  /** The cell the arrow keys move from; the marker, or the window's middle, unless told. */
  cursor?: Cell | null;
  /** What to say when there are no maps. */
  empty?: string;
}

export interface PictureView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: PictureProps): void;
  /** The picture alone, one pixel a cell, for copying. */
  canvas: HTMLCanvasElement;
  destroy(): void;
}

// A picture flatter or steeper than this is stretched, so that it can still be pointed at.
const STEEPEST = 16;

/** A map as a picture, with what is chosen, filled in and read drawn over it. */
export function pictureView(options: PictureOptions): PictureView {
  const { role } = options;
  const canvas = h("canvas", { class: "cw-picture-canvas", "aria-hidden": "true" });
  const layer = pictureOverlay(role);
  const empty = h("p", { class: "cw-picture-empty" });
  const interactive = Boolean(options.onMove ?? options.onPick);
  const frame = h(
    "div",
    {
      class: "cw-picture-frame",
      role: interactive ? "application" : "img",
      tabindex: interactive ? 0 : null,
    },
    canvas,
    layer.el,
    empty,
  );
  const el = h("div", { class: `cw-picture cw-role-${role}` }, frame);

  let props: PictureProps | null = null;
  let painted: { maps: Maps; channel: number; key: string } | null = null;
  let hovered: Cell | null = null;
  const theme = watchTheme(el, () => refresh());
  const room = watchRoom(frame, () => refresh());

  const refresh = () => {
    if (!props) return;
    paint(props);
    draw(props);
  };

  const paint = ({ maps, scale, channel = 0 }: PictureProps) => {
    if (!maps) {
      painted = null;
      return;
    }
    const { dark } = theme.current();
    const key = `${scale.kind} ${scale.low} ${scale.high} ${dark}`;
    if (painted?.maps === maps && painted.channel === channel && painted.key === key) return;
    paintMaps(canvas, maps, scale, channel, dark);
    painted = { maps, channel, key };
  };

  const draw = (shown: PictureProps) => {
    const { maps } = shown;
    if (!maps || !room.width) return;
    // Below one screen pixel a cell, leaving cells out would make patterns that are not there.
    canvas.classList.toggle("cw-smooth", (room.width * devicePixelRatio) / maps.width < 1);
    layer.draw(shown, maps, room);
  };

  const cellAt = (event: MouseEvent): Cell | null => {
    if (!props?.maps) return null;
    const box = frame.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * props.maps.height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * props.maps.width);
    return [clamp(row, 0, props.maps.height - 1), clamp(column, 0, props.maps.width - 1)];
  };

  const hover = (cell: Cell | null) => {
    if (sameCell(cell, hovered)) return;
    hovered = cell;
    options.onHover?.(cell);
  };

  const dragged = (event: PointerEvent) => {
    const cell = cellAt(event);
    if (cell && !sameCell(cell, props?.cursor ?? props?.marker)) options.onMove?.(cell);
  };

  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") hover(cellAt(event));
    else if (frame.hasPointerCapture(event.pointerId)) dragged(event);
  });
  frame.addEventListener("pointerleave", () => hover(null));
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    frame.setPointerCapture(event.pointerId);
    dragged(event);
  });
  frame.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell) options.onPick?.(cell);
  });
  frame.addEventListener("keydown", (event) => {
    if (!props?.maps || !interactive) return;
    const cursor = cursorOf(props);
    const bounds = { top: 0, left: 0, bottom: props.maps.height - 1, right: props.maps.width - 1 };
    const cell = cellAfterKey(event, cursor, bounds);
    if (cell) options.onMove?.(cell);
    else if (event.key === "Enter") options.onPick?.(cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    el,
    canvas,
    update(next) {
      props = next;
      const { maps } = next;
      frame.classList.toggle("cw-is-empty", !maps);
      frame.classList.toggle("cw-pinned", next.pinned ?? false);
      canvas.hidden = !maps;
      empty.hidden = Boolean(maps);
      setText(empty, next.empty ?? t("panel.empty"));
      setAttribute(frame, "aria-label", interactive ? t("grid.keys", { label: next.label }) : next.label);
      const ratio = maps ? clamp(maps.width / maps.height, 1 / STEEPEST, STEEPEST) : 1;
      frame.style.aspectRatio = maps ? String(ratio) : "";
      frame.style.width = `${Math.min(1, ratio) * 100}%`;
      refresh();
    },
    destroy() {
      room.stop();
      theme.stop();
      el.remove();
    },
  };
}

function cursorOf({ cursor, marker, window: read, maps }: PictureProps): Cell {
  if (cursor ?? marker) return (cursor ?? marker) as Cell;
  const { height, width } = maps as Maps;
  const middle = (indices: readonly number[] | undefined, size: number) =>
    clamp(indices?.[indices.length >> 1] ?? size >> 1, 0, size - 1);
  return [middle(read?.rows, height), middle(read?.columns, width)];
}
