/** In a plain page, what a learner changed outlives a reload of the tab; opened anew, it starts afresh. */
import type { Dispose } from "../hosts/model";
import type { Patch } from "./session";

/**
 * Hands `restore` what `save` gave when this tab last left this address, if it was reloaded or gone
 * back to; keeps what `save` gives when the tab leaves again.
 */
export function surviveReload(kind: string, save: () => Patch | null, restore: (saved: Patch) => void): Dispose {
  const key = `${kind} ${location.href}`;
  const leave = () => {
    const state = save();
    try {
      sessionStorage.removeItem(key);
      if (state) sessionStorage.setItem(key, JSON.stringify(state));
    } catch {
      // A page may be refused its storage, or hold a picture too large for it.
    }
  };
  // A phone that discards a hidden tab sends no other word of it.
  const hide = () => {
    if (document.visibilityState === "hidden") leave();
  };
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", hide);
  const saved = returned() ? read(key) : null;
  if (saved) restore(saved);
  return () => {
    removeEventListener("pagehide", leave);
    document.removeEventListener("visibilitychange", hide);
  };
}

function returned(): boolean {
  const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return visit?.type === "reload" || visit?.type === "back_forward";
}

function read(key: string): Patch | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Patch | null;
  } catch {
    return null;
  }
}
