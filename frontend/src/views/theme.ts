/** The page's colours as the host has them now. */
import { type RGB, luminance, mix } from "./colour";

export * from "./colour";

export type Role = "input" | "kernel" | "output" | "gradient";

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
