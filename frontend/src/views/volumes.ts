import { h, listen, svg } from "./dom";
import { type RGB, type Theme, css, mix, watchTheme } from "./theme";

/** One map, signal or list of numbers that a network holds. */
export interface Volume {
  /** What is told when it is pointed at or picked: the layer that makes it. */
  index: number;
  name: string;
  /** Rows, columns and channels; length and channels; or features. */
  sizes: readonly number[];
  /** The window that is laid on it, in its own cells. */
  window?: readonly number[];
}

export interface VolumesProps {
  /** Says what is drawn. */
  label: string;
  volumes: readonly Volume[];
  selected: number | null;
}

export interface VolumesView {
  el: HTMLElement;
  update(props: VolumesProps): void;
  /** The drawing as a document of its own. */
  toSVG(): string | null;
  destroy(): void;
}

const TALLEST = 120;
const DEEPEST = 64;
const SLANT = 0.42;
const GAP = 22;
const NARROWEST = 50;
const TOP = 14;
const TEXT = 11;

/** A network's maps as boxes: rows and columns on one scale, channels on another, lists on a third. */
export function volumes(options: { onPick(index: number): void }): VolumesView {
  const drawing = svg("svg", { class: "cw-volumes-svg", role: "img" });
  const el = h("div", { class: "cw-volumes", tabindex: 0, role: "group" }, drawing);
  let props: VolumesProps | null = null;
  const theme = watchTheme(el, () => draw());

  const draw = () => {
    if (!props) return;
    const { volumes: all, selected, label } = props;
    const colours = theme.current();
    const scales = scalesOf(all);
    let left = 6;
    const parts: SVGElement[] = [];
    const tall = TOP + 6 + Math.max(0, ...all.map((volume) => boxOf(volume, scales)).map(({ height, slant }) => height + slant));
    for (const volume of all) {
      const size = boxOf(volume, scales);
      const width = Math.max(size.depth + size.slant, NARROWEST);
      parts.push(draught(volume, size, left + (width - size.depth - size.slant) / 2, left + width / 2, tall, volume.index === selected, colours));
      left += width + GAP;
    }
    const width = Math.max(left - GAP + 6, 40);
    const height = tall + 34;
    drawing.replaceChildren(...parts);
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": label })) {
      drawing.setAttribute(name, String(value));
    }
    el.setAttribute("aria-label", label);
  };

  const stop = listen(drawing as unknown as HTMLElement, "click", (event) => {
    const found = (event.target as Element).closest("[data-index]");
    if (found) options.onPick(Number(found.getAttribute("data-index")));
  });

  return {
    el,
    update(next) {
      const moved = next.selected !== props?.selected;
      props = next;
      draw();
      if (moved) reveal(el, drawing);
    },
    toSVG() {
      if (!props) return null;
      const copy = drawing.cloneNode(true) as SVGSVGElement;
      for (const node of [copy, ...copy.querySelectorAll("*")]) {
        node.removeAttribute("class");
        node.removeAttribute("data-index");
      }
      const { background } = theme.current();
      copy.prepend(svg("title", null, props.label), svg("rect", { width: "100%", height: "100%", fill: css(background) }));
      copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      copy.setAttribute("font-family", "system-ui, sans-serif");
      return new XMLSerializer().serializeToString(copy);
    },
    destroy() {
      stop();
      theme.stop();
      el.remove();
    },
  };
}

interface Scales {
  side: number;
  channels: number;
  list: number;
}

function scalesOf(all: readonly Volume[]): Scales {
  const most = (rank: number, pick: (sizes: readonly number[]) => number) =>
    Math.max(1, ...all.filter(({ sizes }) => (rank === 1) === (sizes.length === 1)).map(({ sizes }) => pick(sizes)));
  return {
    side: TALLEST / most(2, (sizes) => Math.max(...sizes.slice(0, -1))),
    channels: DEEPEST / most(2, (sizes) => sizes.at(-1) ?? 1),
    list: TALLEST / most(1, (sizes) => sizes[0] ?? 1),
  };
}

interface Box {
  height: number;
  /** The width of the map as it is seen aslant. */
  slant: number;
  depth: number;
}

function boxOf({ sizes }: Volume, { side, channels, list }: Scales): Box {
  const [first = 1, second = 1, third = 1] = sizes;
  if (sizes.length === 1) return { height: Math.max(first * list, 2), slant: 0, depth: 5 };
  if (sizes.length === 2) return { height: Math.max(first * side, 2), slant: 0, depth: Math.max(second * channels, 2) };
  return { height: Math.max(first * side, 2), slant: SLANT * Math.max(second * side, 2), depth: Math.max(third * channels, 2) };
}

function draught(
  { index, name, sizes, window: laid }: Volume,
  { height, slant, depth }: Box,
  left: number,
  middle: number,
  tall: number,
  selected: boolean,
  { ink, muted, background, roles, dark }: Theme,
): SVGElement {
  const colour = index < 0 ? roles.input : roles.output;
  const line = selected ? colour : mix(colour, background, 0.35);
  const fill = (share: number): RGB => mix(background, colour, (selected ? 0.26 : 0.1) * share * (dark ? 1.5 : 1));
  const bottom = (TOP + tall - 6 + height + slant) / 2;
  const top = bottom - height;
  const shape = (points: [number, number][], share: number) =>
    svg("polygon", {
      points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "),
      fill: css(fill(share)),
      stroke: css(line),
      "stroke-width": selected ? 1.6 : 1,
      "stroke-linejoin": "round",
    });
  const right = left + depth;
  // The map itself is the slanting side at the right; channels run along the front.
  const faces = [
    shape([[left, top], [right, top], [right, bottom], [left, bottom]], 1),
    ...(slant > 0
      ? [
          shape([[right, top], [right + slant, top - slant], [right + slant, bottom - slant], [right, bottom]], 1.7),
          shape([[left, top], [right, top], [right + slant, top - slant], [left + slant, top - slant]], 0.5),
        ]
      : []),
  ];
  if (laid && slant > 0) {
    const [rows = 1, columns = rows] = laid;
    const [high, wide] = [(height * rows) / (sizes[0] ?? 1), (slant * columns) / (sizes[1] ?? 1)];
    const [x, y] = [right + (slant - wide) / 2, bottom - (height - high) / 2 - (slant - wide) / 2];
    faces.push(
      svg("polygon", {
        points: `${x},${y} ${x + wide},${y - wide} ${x + wide},${y - wide - high} ${x},${y - high}`,
        fill: css(roles.kernel),
        "fill-opacity": 0.35,
        stroke: css(roles.kernel),
        "stroke-width": 1.4,
      }),
    );
  }
  const write = (text: string, y: number, colour: RGB, weight: number) =>
    svg("text", { x: middle, y, "text-anchor": "middle", "font-size": TEXT, fill: css(colour), "font-weight": weight }, text);
  return svg(
    "g",
    { class: "cw-volume", "data-index": index },
    svg("rect", { x: middle - NARROWEST / 2, y: 0, width: NARROWEST, height: tall + 34, fill: css(background), "fill-opacity": 0 }),
    ...faces,
    write(name, tall + 14, selected ? ink : muted, selected ? 650 : 400),
    write(sizes.join("×"), tall + 28, selected ? ink : muted, 400),
  );
}

/** Scrolls the drawing, never the page, to what is selected. */
function reveal(el: HTMLElement, drawing: SVGSVGElement): void {
  const chosen = drawing.querySelector('.cw-volume text[font-weight="650"]');
  if (!chosen || el.clientWidth === 0) return;
  const middle = Number(chosen.getAttribute("x"));
  if (middle < el.scrollLeft + NARROWEST || middle > el.scrollLeft + el.clientWidth - NARROWEST) {
    el.scrollLeft = middle - el.clientWidth / 2;
  }
}
