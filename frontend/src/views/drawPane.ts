import { button } from "./button";
import type { Pane } from "./cameraPane";
import { h, setAttribute } from "./dom";
import type { Pixels } from "./pixels";
import { segmented } from "./segmented";
import { sliderField } from "./sliderField";
import { t } from "../words";

const SIZES = ["16", "28", "64"] as const;
type Size = (typeof SIZES)[number];

/** A sheet of few cells to draw on with light on black, as digits are drawn for networks. */
export function drawPane(options: { onPicture(pixels: Pixels): void }): Pane {
  let size = 28;
  let cells = new Uint8ClampedArray(size * size);
  let tool: "brush" | "eraser" = "brush";
  let ink = 255;
  let cursor: [number, number] = [0, 0];
  let last: [number, number] | null = null;

  const mark = h("div", { class: "cw-draw-cursor", "aria-hidden": "true" });
  const canvas = h("canvas", {
    class: "cw-draw-canvas",
    role: "application",
    tabindex: 0,
    onpointerdown: (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      last = null;
      stroke(event);
    },
    onpointermove: (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) stroke(event);
    },
    onkeydown: key,
  });
  const sizes = segmented<Size>({
    label: t("draw.size"),
    options: SIZES.map((value) => ({ value, label: t("draw.sizeOption", { size: value }) })),
    value: "28",
    onChange: (value) => resize(Number(value)),
  });
  const tools = segmented<"brush" | "eraser">({
    label: t("draw.tool"),
    options: [
      { value: "brush", label: t("draw.brush") },
      { value: "eraser", label: t("draw.eraser") },
    ],
    value: tool,
    onChange: (value) => (tool = value),
  });
  const inks = sliderField({ label: t("draw.ink"), min: 1, max: 255, value: ink, onInput: (value) => (ink = value) });
  const clear = button({
    label: t("draw.clear"),
    onClick: () => {
      cells.fill(0);
      paint();
    },
  });
  const use = button({ label: t("draw.use"), kind: "primary", onClick: () => options.onPicture(pixels()) });
  const el = h(
    "div",
    { class: "cw-draw" },
    h("div", { class: "cw-draw-sheet" }, canvas, mark),
    h("div", { class: "cw-draw-tools" }, sizes.el, tools.el, inks.el),
    h("div", { class: "cw-pane-foot" }, clear.el, use.el),
  );

  function stroke(event: PointerEvent): void {
    const box = canvas.getBoundingClientRect();
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of moves.length > 0 ? moves : [event]) {
      const x = ((clientX - box.left) / box.width) * size - 0.5;
      const y = ((clientY - box.top) / box.height) * size - 0.5;
      const [fromX, fromY] = last ?? [x, y];
      const steps = Math.max(1, Math.ceil(2 * Math.hypot(x - fromX, y - fromY)));
      for (let i = 1; i <= steps; i += 1) dab(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
      last = [x, y];
    }
    cursor = [clamp(Math.round(last?.[1] ?? 0)), clamp(Math.round(last?.[0] ?? 0))];
    paint();
  }

  /** A round spot; its edge is soft where there are cells enough to show it. */
  function dab(x: number, y: number): void {
    const radius = size <= 16 ? 0.5 : size / 24;
    const reach = Math.ceil(radius + 0.5);
    for (let row = Math.round(y) - reach; row <= Math.round(y) + reach; row += 1) {
      for (let column = Math.round(x) - reach; column <= Math.round(x) + reach; column += 1) {
        if (row < 0 || column < 0 || row >= size || column >= size) continue;
        const distance = Math.hypot(column - x, row - y);
        const nearest = Math.round(y) === row && Math.round(x) === column;
        const cover = size <= 16 ? Number(nearest) : Math.min(1, Math.max(0, radius + 0.5 - distance));
        put(row, column, cover);
      }
    }
  }

  function put(row: number, column: number, cover: number): void {
    const at = row * size + column;
    const before = cells[at] as number;
    cells[at] = tool === "brush" ? Math.max(before, ink * cover) : before * (1 - cover);
  }

  function key(event: KeyboardEvent): void {
    const moves: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const move = moves[event.key];
    if (move !== undefined) cursor = [clamp(cursor[0] + move[0]), clamp(cursor[1] + move[1])];
    else if (event.key === " " || event.key === "Enter") put(cursor[0], cursor[1], 1);
    else return;
    event.preventDefault();
    paint();
  }

  function clamp(at: number): number {
    return Math.min(size - 1, Math.max(0, at));
  }

  function resize(next: number): void {
    const before = { cells, size };
    size = next;
    cells = Uint8ClampedArray.from({ length: size * size }, (_, i) => {
      const row = Math.floor((Math.floor(i / size) * before.size) / size);
      const column = Math.floor(((i % size) * before.size) / size);
      return before.cells[row * before.size + column] as number;
    });
    cursor = [0, 0];
    paint();
  }

  function pixels(): Pixels {
    const data = new Uint8ClampedArray(size * size * 4).fill(255);
    cells.forEach((value, i) => data.fill(value, i * 4, i * 4 + 3));
    return { data, width: size, height: size, label: t("draw.label", { size }) };
  }

  function paint(): void {
    canvas.width = size;
    canvas.height = size;
    setAttribute(canvas, "aria-label", t("draw.canvas", { size }));
    canvas.getContext("2d")?.putImageData(new ImageData(pixels().data as Uint8ClampedArray<ArrayBuffer>, size, size), 0, 0);
    const share = 100 / size;
    mark.style.setProperty("top", `${cursor[0] * share}%`);
    mark.style.setProperty("left", `${cursor[1] * share}%`);
    mark.style.setProperty("width", `${share}%`);
    mark.style.setProperty("height", `${share}%`);
  }
  paint();

  return {
    el,
    destroy() {
      for (const control of [sizes, tools, inks, clear, use]) control.destroy();
    },
  };
}
