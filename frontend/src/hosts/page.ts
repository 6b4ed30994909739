/**
 * The small script of an exported page: opens the page's code and style, which the file carries
 * deflated, and puts each living widget in the place of its still picture when it comes into view.
 */
import type { mountStatic } from "./classic";
import { TOO_OLD, inflateBase64 } from "./packed";
import type { StaticPayload } from "./static_model";

declare global {
  /** What the page's code defines, once it has run. */
  var convwidgets: { mountStatic: typeof mountStatic } | undefined;
}

/** How far below the window a widget begins, in pixels. */
const AHEAD = 400;

async function start(): Promise<void> {
  const packed = [inflateBase64(text("style")), inflateBase64(text("script"))];
  const [style, script] = await Promise.all(packed.map((part) => part.text()));
  append("style", style as string);
  append("script", script as string);
  const code = globalThis.convwidgets;
  // A browser that does not know the script's syntax has left it aside.
  if (!code) throw new Error(TOO_OLD);
  const payloads = JSON.parse(text("payload")) as StaticPayload[];
  const places = all("widget");
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        const at = places.indexOf(target as HTMLElement);
        code.mountStatic(target as HTMLElement, payloads[at] as StaticPayload);
        target.previousElementSibling?.remove();
      }
    },
    { rootMargin: `${AHEAD}px` },
  );
  for (const place of places) near.observe(place);
}

function all(name: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`.${name}`)];
}

function text(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

function append(kind: "style" | "script", content: string): void {
  const element = document.createElement(kind);
  element.textContent = content;
  document.head.append(element);
}

start().catch((error: unknown) => {
  const words = error instanceof Error ? error.message : String(error);
  for (const place of all("news")) place.textContent = words;
});
