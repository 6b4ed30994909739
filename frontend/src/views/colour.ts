/** The scales that turn numbers into colours, and the colours that can be read on them. */

export type RGB = readonly [red: number, green: number, blue: number];

/** How numbers become colours: grey and colour from low to high, signed centred on zero. */
export interface Scale {
  kind: "grey" | "signed" | "colour";
  low: number;
  high: number;
  /** Some values lie beyond the ends and are drawn as they are. */
  clipped?: boolean;
}

/** The steps of a scale from its low to its high end, as colours and as canvas pixels. */
export interface Palette {
  colours: readonly RGB[];
  pixels: Uint32Array;
}

// An odd number of steps gives zero one of its own in the middle.
const SIGNED_STEPS = 511;
const GREY_STEPS = 256;
const palettes = new Map<string, Palette>();

export function palette(kind: Scale["kind"], dark: boolean): Palette {
  const signed = kind === "signed";
  const key = signed ? `signed ${dark}` : "grey";
  let found = palettes.get(key);
  if (!found) {
    const steps = signed ? SIGNED_STEPS : GREY_STEPS;
    const colours = Array.from({ length: steps }, (_, i): RGB => {
      return signed ? diverging((2 * i) / (steps - 1) - 1, dark) : [i, i, i];
    });
    found = { colours, pixels: Uint32Array.from(colours, pixel) };
    palettes.set(key, found);
  }
  return found;
}

/** The ends of a scale's range; a signed one is centred on zero, and none is empty. */
export function scaleRange({ kind, low, high }: Scale): [number, number] {
  if (kind === "signed") {
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return [-reach, reach];
  }
  return high > low ? [low, high] : [low, low + 1];
}

/** The colours of what no scale holds: one for each infinity, and two that NaN is hatched in. */
export const BEYOND = {
  nan: [
    [139, 125, 166],
    [92, 80, 116],
  ],
  below: [0, 84, 255],
  above: [255, 72, 0],
} as const satisfies Record<string, RGB | readonly RGB[]>;

/** The colour of one value. */
export function colourOf(value: number, scale: Scale, dark: boolean): RGB {
  return colouring(scale, dark)(value);
}

/** The colours of many values. */
export function colouring(scale: Scale, dark: boolean): (value: number) => RGB {
  const { colours } = palette(scale.kind, dark);
  const [low, high] = scaleRange(scale);
  const last = colours.length - 1;
  const slope = last / (high - low);
  return (value) => {
    if (Number.isNaN(value)) return BEYOND.nan[0];
    if (value === Infinity) return BEYOND.above;
    if (value === -Infinity) return BEYOND.below;
    const step = (value - low) * slope;
    return colours[step <= 0 ? 0 : step >= last ? last : Math.round(step)] as RGB;
  };
}

/** Black or white, whichever is read better: 4.5:1 at least on any colour. */
export function inkOn(fill: RGB): RGB {
  return contrast(fill, BLACK) >= contrast(fill, WHITE) ? BLACK : WHITE;
}

/** A quieter ink than black or white where 4.5:1 allows one. */
export function quietInkOn(fill: RGB): RGB {
  const ink = inkOn(fill);
  const quiet = mix(ink, fill, 0.3);
  return contrast(quiet, fill) >= 4.5 ? quiet : ink;
}

/** A hue for each weight of a kernel, neighbours well apart, in degrees. */
export function weightHue(index: number): number {
  return (index * 137.508) % 360;
}

/** A colour of medium weight with a hue of its own. */
export function hueColour(hue: number, dark: boolean): RGB {
  return fromOklch(dark ? 0.78 : 0.58, 0.13, hue);
}

export function mix(a: RGB, b: RGB, share: number): RGB {
  return [0, 1, 2].map((i) =>
    Math.round((a[i] as number) * (1 - share) + (b[i] as number) * share),
  ) as unknown as RGB;
}

export function css([red, green, blue]: RGB): string {
  return `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
}

/** The colour as one little-endian pixel of a canvas, opaque. */
export function pixel([red, green, blue]: RGB): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** The relative luminance of WCAG. */
export function luminance([red, green, blue]: RGB): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The contrast ratio of WCAG, 1 to 21. */
export function contrast(a: RGB, b: RGB): number {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

const BLACK: RGB = [0, 0, 0];
const WHITE: RGB = [255, 255, 255];

/**
 * Blue below zero and orange above it, from −1 to 1: lightness falls (on a dark page rises) equally
 * on both sides, so that equal sizes look equally strong, and the hues stay apart for every kind of
 * colour vision.
 */
function diverging(at: number, dark: boolean): RGB {
  const strength = Math.abs(at);
  const lightness = dark ? 0.22 + 0.58 * strength : 0.975 - 0.415 * strength;
  const chroma = (dark ? 0.125 : 0.145) * strength ** 0.7;
  return fromOklch(lightness, chroma, at < 0 ? 252 : 52);
}

/** OKLCH to sRGB (Björn Ottosson, 2020); what sRGB lacks is cut off channel by channel. */
function fromOklch(lightness: number, chroma: number, hue: number): RGB {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encode(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function encode(light: number): number {
  const part = Math.min(Math.max(light, 0), 1);
  return Math.round(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055));
}
