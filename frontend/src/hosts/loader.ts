/**
 * The module that travels with every widget: it shows the stored picture at once, gets the page's
 * code (once for all widgets of the page) and hands over to it. It stands alone, because each
 * stored notebook carries a copy.
 */
import type { Dispose, Message, Model, PageModule, RenderContext } from "./model";
import { pageRegistry } from "./model";
import { inflate } from "./packed";

const PATIENCE = 4000;

interface Pending {
  resolve(module: Promise<PageModule>): void;
  since: number;
}

const pending = new Map<string, Pending>();

function acquire(model: Model, hash: string): Promise<PageModule> {
  const { modules } = pageRegistry();
  const waiting = pending.get(hash);
  if (!modules.has(hash)) {
    modules.set(
      hash,
      new Promise((resolve) => pending.set(hash, { resolve, since: performance.now() })),
    );
    ask(model, hash);
  } else if (waiting && performance.now() - waiting.since > PATIENCE) {
    ask(model, hash);
  }
  return modules.get(hash) as Promise<PageModule>;
}

function ask(model: Model, hash: string): void {
  const receive = (message: Message, buffers: DataView[]) => {
    if (message.type !== "bundle" || message["hash"] !== hash) return;
    model.off("msg:custom", receive as never);
    const waiting = pending.get(hash);
    if (buffers.length !== 2 || !waiting) return;
    pending.delete(hash);
    waiting.resolve(open(hash, buffers as DataView<ArrayBuffer>[]));
  };
  model.on("msg:custom", receive as never);
  model.send({ type: "bundle", hash });
}

async function open(hash: string, parts: DataView<ArrayBuffer>[]): Promise<PageModule> {
  const [script, style] = await Promise.all(parts.map((part) => inflate(part).text()));
  addStyle(hash, style as string);
  const url = URL.createObjectURL(new Blob([script as string], { type: "text/javascript" }));
  return (await import(/* @vite-ignore */ url)) as PageModule;
}

function addStyle(hash: string, text: string): void {
  const style = document.createElement("style");
  style.dataset["convwidgets"] = hash;
  style.textContent = text;
  document.head.append(style);
}

/** The stored picture, as an image so that nothing in it can run, and a line that says what it is. */
function showStill(model: Model, el: HTMLElement): { note(text: string): void; remove(): void } {
  const figure = document.createElement("figure");
  figure.style.cssText = "margin:8px 0;max-width:720px;font:14px system-ui,sans-serif";
  const still = String(model.get("still") ?? "");
  if (still) {
    const image = document.createElement("img");
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(still)}`;
    image.alt = String(model.get("still_text") ?? "");
    image.style.cssText = "display:block;max-width:100%;height:auto";
    figure.append(image);
  }
  const caption = document.createElement("figcaption");
  caption.style.cssText = "min-height:1.5em;padding:4px 0;color:var(--jp-ui-font-color2,#57606a)";
  caption.setAttribute("role", "status");
  figure.append(caption);
  el.append(figure);
  return {
    note: (text) => (caption.textContent = text),
    remove: () => figure.remove(),
  };
}

function render({ model, el }: RenderContext): Dispose {
  const still = showStill(model, el);
  const hash = String(model.get("bundle"));
  let dispose: Dispose | null = null;
  let ended = false;
  const timer = setInterval(() => {
    still.note("This is a saved picture. Run its cell to bring it to life.");
    acquire(model, hash);
  }, PATIENCE);
  acquire(model, hash)
    .then((module) => {
      clearInterval(timer);
      if (ended) return;
      dispose = module.render({ model, el });
      still.remove();
    })
    .catch((error: unknown) => {
      clearInterval(timer);
      still.note(`The widget's page code could not start: ${String(error)}`);
    });
  return () => {
    ended = true;
    clearInterval(timer);
    dispose?.();
  };
}

export default { render };
