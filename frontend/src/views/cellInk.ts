import { type RGB, type Theme, css, inkOn, mix, quietInkOn } from "./theme";

/** What a cell is painted with. */
export interface Ink {
  fill: string;
  text: string;
}

/** What happens to a cell's colour on its way from the scale to the screen. */
export interface Finish {
  padding: boolean;
  faded: boolean;
  tint: RGB | null;
  strength: number;
}

const PADDING_SHARE = 0.62;
const TINT_SHARE = 0.45;
const FADED_SHARE = 0.6;
const KEPT = 4096;
const inks = new Map<number, Ink>();

/** The fill of a cell and a text colour that can be read on it, 4.5:1 at least. */
export function cellInk(colour: RGB, finish: Finish, theme: Theme): Ink {
  let fill = colour;
  if (finish.padding) fill = mix(fill, theme.dark ? [40, 43, 50] : [178, 183, 192], PADDING_SHARE);
  if (finish.tint) fill = mix(fill, finish.tint, TINT_SHARE * finish.strength);
  if (finish.faded) fill = mix(fill, theme.background, FADED_SHARE);
  return inkFor(fill, finish.padding || finish.faded);
}

/** How many pixels a side of a cell needs so that its number can be read, at a theme's scale. */
export function roomFor(characters: number, scale: number): number {
  return Math.ceil(scale * characters * SMALLEST_TYPE * CHARACTER_WIDTH) + CELL_MARGIN;
}

/** The type size at which a number fits a cell; null where that is too small to be read. */
export function typeSize(side: number, characters: number, scale: number): number | null {
  const fitting = (side - CELL_MARGIN) / (characters * CHARACTER_WIDTH);
  const size = Math.floor(2 * Math.min(fitting, side * 0.4, LARGEST_TYPE * scale)) / 2;
  return size >= SMALLEST_TYPE - 1 ? size : null;
}

const SMALLEST_TYPE = 9;
const LARGEST_TYPE = 15;
const CHARACTER_WIDTH = 0.64;
const CELL_MARGIN = 5;

function inkFor(fill: RGB, quiet: boolean): Ink {
  const [red, green, blue] = fill;
  const key = ((red << 17) | (green << 9) | (blue << 1) | (quiet ? 1 : 0)) >>> 0;
  let ink = inks.get(key);
  if (!ink) {
    if (inks.size >= KEPT) inks.clear();
    ink = { fill: css(fill), text: css(quiet ? quietInkOn(fill) : inkOn(fill)) };
    inks.set(key, ink);
  }
  return ink;
}
