/** How maps of numbers become colours, and numbers become text, under the display settings. */
import type { Maps } from "../engine/types";
import { formatNumber } from "../views/format";
import type { Scale } from "../views/theme";
import type { Display } from "./view_state";

/** The least and the greatest finite value of maps. */
export function extent({ data }: Maps): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}

/** The scale of a picture as it came: 0–255 for 8-bit pictures, 0–1 for floats within it. */
export function inputScale(maps: Maps, dtype: "uint8" | "float32"): Scale {
  const [low, high] = extent(maps);
  const kind = maps.channels === 3 ? "colour" : low < 0 ? "signed" : "grey";
  if (dtype === "uint8") return { kind, low: 0, high: 255 };
  if (kind === "signed") return symmetric(low, high);
  return { kind, low: 0, high: high <= 1 ? 1 : high };
}

/** The scale of a result, and the maps as the display shows them. */
export function outputScale(maps: Maps, display: Display, full: number): { scale: Scale; shown: Maps } {
  const colour = maps.channels === 3;
  const [low, high] = extent(maps);
  switch (display) {
    case "clip":
      return { scale: { kind: colour ? "colour" : "grey", low: 0, high: full }, shown: maps };
    case "abs": {
      const shown = mapped(maps, Math.abs);
      const top = Math.max(Math.abs(low), Math.abs(high)) || 1;
      return { scale: { kind: colour ? "colour" : "grey", low: 0, high: top }, shown };
    }
    case "offset":
      return { scale: { kind: colour ? "colour" : "grey", low: -full / 2, high: full / 2 }, shown: maps };
    case "signed":
      return { scale: signedScale(maps), shown: maps };
    case "grey":
      return { scale: { kind: colour ? "colour" : "grey", low, high: high > low ? high : low + 1 }, shown: maps };
    case "auto":
      if (colour) return { scale: { kind: "colour", low: 0, high: full }, shown: maps };
      if (low < 0) return { scale: signedScale(maps), shown: maps };
      return { scale: { kind: "grey", low: 0, high: high <= full ? full : high }, shown: maps };
  }
}

function symmetric(low: number, high: number): Scale {
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return { kind: "signed", low: -reach, high: reach };
}

/** Cells from which on a few extremes may not wash out all the others. */
const MANY = 4096;
const SHARE = 0.995;
const BINS = 512;

/** A signed scale that ends where all but a few cells in a thousand end; the bar says so. */
function signedScale(maps: Maps): Scale {
  const whole = symmetric(...extent(maps));
  if (maps.data.length < MANY) return whole;
  const counts = new Uint32Array(BINS + 1);
  const step = BINS / whole.high;
  for (let i = 0; i < maps.data.length; i++) {
    const size = Math.abs(maps.data[i] as number);
    if (size <= whole.high) counts[(size * step) | 0]! += 1;
  }
  let seen = 0;
  let bin = 0;
  while (bin < BINS && seen < SHARE * maps.data.length) seen += counts[bin++] as number;
  const reach = Number(((bin / BINS) * whole.high).toPrecision(2));
  return reach > 0.8 * whole.high ? whole : { kind: "signed", low: -reach, high: reach, clipped: true };
}

function mapped(maps: Maps, change: (value: number) => number): Maps {
  return { ...maps, data: maps.data.map(change) };
}

/** How numbers are written: 8-bit values in 0–255, or divided by 255 where the display says so. */
export function numberText(divisor: number, room = 6): (value: number) => string {
  return (value) => formatNumber(value / divisor, { room });
}
