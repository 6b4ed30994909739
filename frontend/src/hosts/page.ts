/**
 * The small script of an exported page: opens the page's code and style, which the file carries
 * deflated, and puts the living widget in the place of its still picture.
 */
import type { mountStatic } from "./classic";
import { TOO_OLD, inflateBase64 } from "./packed";
import type { StaticPayload } from "./static_model";

declare global {
  /** What the page's code defines, once it has run. */
  var convwidgets: { mountStatic: typeof mountStatic } | undefined;
}

async function start(): Promise<void> {
  const packed = [inflateBase64(text("style")), inflateBase64(text("script"))];
  const [style, script] = await Promise.all(packed.map((part) => part.text()));
  append("style", style as string);
  append("script", script as string);
  // A browser that does not know the script's syntax has left it aside.
  if (!globalThis.convwidgets) throw new Error(TOO_OLD);
  globalThis.convwidgets.mountStatic(at("widget"), JSON.parse(text("payload")) as StaticPayload);
  at("still").remove();
}

function at(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

function text(id: string): string {
  return at(id).textContent ?? "";
}

function append(kind: "style" | "script", content: string): void {
  const element = document.createElement(kind);
  element.textContent = content;
  document.head.append(element);
}

start().catch((error: unknown) => {
  at("news").textContent = error instanceof Error ? error.message : String(error);
});
