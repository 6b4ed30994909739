import type { Patch } from "./session";

const MARK = "#convwidget=";
const LINK_LIMIT = 8000;

/** The state as a link's fragment, or null where it does not fit one. */
export function linkFragment(state: Patch): string | null {
  const text = encode(JSON.stringify(state));
  return text.length > LINK_LIMIT ? null : MARK + text;
}

/** The state that a link's fragment carries for this kind of widget, or null. */
export function stateFromLink(fragment: string, widget: string): Patch | null {
  if (!fragment.startsWith(MARK)) return null;
  try {
    const state: unknown = JSON.parse(decode(fragment.slice(MARK.length)));
    const isState = typeof state === "object" && state !== null && !Array.isArray(state);
    return isState && (state as Patch)["widget"] === widget ? (state as Patch) : null;
  } catch {
    return null;
  }
}

function encode(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): string {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}
