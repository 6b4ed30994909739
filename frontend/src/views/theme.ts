/** The page's colours as the host has them now, and the scales that turn numbers into colours. */

export type Role = "input" | "kernel" | "output" | "gradient";
export type RGB = readonly [red: number, green: number, blue: number];

/** How numbers become colours: grey and colour from low to high, signed centred on zero. */
export interface Scale {
  kind: "grey" | "signed" | "colour";
  low: number;
  high: number;
  /** Some values lie beyond the ends and are drawn as they are. */
  clipped?: boolean;
}

/** The colours of the page as the host resolved them. */
export interface Theme {
  dark: boolean;
  /** How much larger than usual everything is drawn: 1.5 where a class looks on. */
  scale: number;
  background: RGB;
  panel: RGB;
  line: RGB;
  ink: RGB;
  muted: RGB;
  focus: RGB;
  roles: Record<Role, RGB>;
}

export const LIGHT: Theme = {
  dark: false,
  scale: 1,
  background: [255, 255, 255],
  panel: [246, 247, 249],
  line: [222, 224, 229],
  ink: [27, 30, 36],
  muted: [92, 98, 110],
  focus: [29, 98, 204],
  roles: { input: [27, 30, 36], kernel: [173, 31, 133], output: [23, 128, 78], gradient: [150, 108, 0] },
};

/** What the views paint with, kept in step with the host. */
export interface ThemeWatch {
  current(): Theme;
  stop(): void;
}

/**
 * Follows the theme round an element; `onChange` is called after the host changed its colours.
 *
 * Before the element is in a document the theme is the light one.
 */
export function watchTheme(el: Element, onChange: () => void): ThemeWatch {
  let theme: Theme | null = null;
  const check = () => {
    if (!el.isConnected || !theme) return;
    const next = readTheme(el);
    if (JSON.stringify(next) === JSON.stringify(theme)) return;
    theme = next;
    onChange();
  };
  const host = onHostChange(check);
  return {
    current() {
      if (!theme && el.isConnected) {
        theme = readTheme(el);
        host.observe(el.closest(".cw-root"));
      }
      return theme ?? LIGHT;
    },
    stop: host.stop,
  };
}

/** The theme's colours at an element of the document. */
export function readTheme(el: Element): Theme {
  const probe = document.createElement("span");
  probe.hidden = true;
  el.append(probe);
  const style = getComputedStyle(probe);
  const read = (variable: string): RGB | null => {
    probe.style.color = `var(${variable}, transparent)`;
    return resolve(style.color);
  };
  const background = read("--cw-bg") ?? backgroundBehind(el);
  const dark = luminance(background) < 0.2;
  const ink = read("--cw-ink") ?? (dark ? LIGHT.background : LIGHT.ink);
  const theme: Theme = {
    dark,
    scale: Number.parseFloat(style.getPropertyValue("--cw-scale")) || 1,
    background,
    ink,
    panel: read("--cw-panel") ?? mix(background, ink, 0.04),
    line: read("--cw-line") ?? mix(background, ink, 0.15),
    muted: read("--cw-muted") ?? mix(background, ink, 0.7),
    focus: read("--cw-focus") ?? LIGHT.focus,
    roles: {
      input: read("--cw-input") ?? ink,
      kernel: read("--cw-kernel") ?? LIGHT.roles.kernel,
      output: read("--cw-output") ?? LIGHT.roles.output,
      gradient: read("--cw-gradient") ?? LIGHT.roles.gradient,
    },
  };
  probe.remove();
  return theme;
}

const watchers = new Set<() => void>();
let hostWatch: HostWatch | null = null;

interface HostWatch {
  /** Follows the attributes of one more element. */
  observe(el: Element | null): void;
  stop(): void;
}

function onHostChange(callback: () => void): HostWatch {
  watchers.add(callback);
  hostWatch ??= watchHost();
  return {
    observe: hostWatch.observe,
    stop() {
      watchers.delete(callback);
      if (watchers.size) return;
      hostWatch?.stop();
      hostWatch = null;
    },
  };
}

/** One observer a page: hosts tell of a theme by attributes of `html` or `body`, or by preference. */
function watchHost(): HostWatch {
  let frame = 0;
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      for (const watcher of [...watchers]) watcher();
    });
  };
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(soon);
  const observe = (el: Element | null) => {
    if (el) observer.observe(el, { attributes: true });
  };
  observe(document.documentElement);
  observe(document.body);
  preference.addEventListener("change", soon);
  // A host's theme may be a style sheet that comes after the attribute that names it.
  const sheet = (event: Event) => {
    if (event.target instanceof HTMLLinkElement) soon();
  };
  document.addEventListener("load", sheet, { capture: true });
  return {
    observe,
    stop() {
      cancelAnimationFrame(frame);
      observer.disconnect();
      preference.removeEventListener("change", soon);
      document.removeEventListener("load", sheet, { capture: true });
    },
  };
}

let resolver: CanvasRenderingContext2D | null = null;

/** A CSS colour in any notation as sRGB; null when it is transparent. */
function resolve(colour: string): RGB | null {
  const plain = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
  if (plain) return [Number(plain[1]), Number(plain[2]), Number(plain[3])];
  resolver ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!resolver) return null;
  resolver.clearRect(0, 0, 1, 1);
  resolver.fillStyle = colour;
  resolver.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = resolver.getImageData(0, 0, 1, 1).data;
  return alpha < 128 ? null : [red, green, blue];
}

function backgroundBehind(el: Element): RGB {
  for (let node: Element | null = el; node; node = node.parentElement) {
    const colour = resolve(getComputedStyle(node).backgroundColor);
    if (colour) return colour;
  }
  return LIGHT.background;
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
  return [0, 1, 2].map((i) => Math.round((a[i] as number) * (1 - share) + (b[i] as number) * share)) as unknown as RGB;
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
