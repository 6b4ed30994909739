import { h, setText } from "./dom";
import { t } from "../words";
import { formatNumber } from "./format";
import { type Scale, palette, pixel, scaleRange, watchTheme } from "./theme";

export interface ColourBarProps {
  scale: Scale;
  /** The value under the pointer: a tick on the bar. */
  value?: number | null;
  format?(value: number): string;
  /** Which of the values outside every scale are in the map. */
  special?: { nan?: boolean; infinite?: boolean };
}

export interface ColourBarView {
  el: HTMLElement;
  /** Takes all that is shown; what is left out is not shown. */
  update(props: ColourBarProps): void;
  destroy(): void;
}

/** The colours of a scale with the numbers they stand for. */
export function colourBar(): ColourBarView {
  const track = h("canvas", { class: "cw-bar-track", "aria-hidden": "true" });
  const tick = h("span", { class: "cw-bar-tick", "aria-hidden": "true" });
  const low = h("span", { class: "cw-bar-low" });
  const zero = h("span", { class: "cw-bar-zero" });
  const high = h("span", { class: "cw-bar-high" });
  const nan = h("span", { class: "cw-bar-special cw-bar-nan" }, t("bar.nan"));
  const infinite = h("span", { class: "cw-bar-special cw-bar-infinite" }, t("bar.infinite"));
  const el = h(
    "div",
    { class: "cw-bar" },
    h("div", { class: "cw-bar-frame" }, track, tick),
    h("div", { class: "cw-bar-numbers" }, low, zero, high),
    h("div", { class: "cw-bar-specials" }, nan, infinite),
  );
  let props: ColourBarProps | null = null;
  let painted = "";
  const theme = watchTheme(el, () => draw());

  const draw = () => {
    if (!props) return;
    const { scale, value, format = shortNumber, special = {} } = props;
    const { dark } = theme.current();
    const key = `${scale.kind} ${dark}`;
    if (key !== painted) paintTrack(track, scale, dark);
    painted = key;
    const [first, last] = scaleRange(scale);
    const signed = scale.kind === "signed";
    setText(low, `${scale.clipped ? "≤ " : ""}${format(first)}`);
    setText(zero, signed ? "0" : "");
    setText(high, `${scale.clipped ? "≥ " : ""}${signed ? "+" : ""}${format(last)}`);
    const share = (Math.min(Math.max(value ?? NaN, first), last) - first) / (last - first);
    tick.hidden = Number.isNaN(share);
    if (!tick.hidden) tick.style.left = `${Math.round(share * 1000) / 10}%`;
    nan.hidden = !special.nan;
    infinite.hidden = !special.infinite;
  };

  return {
    el,
    update(next) {
      props = next;
      draw();
    },
    destroy() {
      theme.stop();
      el.remove();
    },
  };
}

function shortNumber(value: number): string {
  return formatNumber(value, { room: 6 });
}

/** One pixel for each step; three rows, of which a colour scale makes red, green and blue. */
function paintTrack(canvas: HTMLCanvasElement, { kind }: Scale, dark: boolean): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { pixels } = palette(kind, dark);
  canvas.width = pixels.length;
  canvas.height = 3;
  const image = context.createImageData(pixels.length, 3);
  const rows = new Uint32Array(image.data.buffer);
  for (let row = 0; row < 3; row++) {
    pixels.forEach((step, i) => {
      const level = [0, 0, 0] as [number, number, number];
      level[row] = i;
      rows[row * pixels.length + i] = kind === "colour" ? pixel(level) : step;
    });
  }
  context.putImageData(image, 0, 0);
}
