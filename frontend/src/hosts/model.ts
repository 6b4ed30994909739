/** What a host gives a widget: anywidget's model, and nothing more, so that any page can serve one. */
export interface Model {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event?: string | null, callback?: ((...args: never[]) => void) | null): void;
  save_changes(): void;
  send(content: object, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

/** One message from the other side of the comm: JSON and the binary parts that came with it. */
export interface Message {
  type: string;
  [key: string]: unknown;
}

export type MessageHandler = (message: Message, buffers: DataView[]) => void;

export interface RenderContext {
  model: Model;
  el: HTMLElement;
}

/** Ends a view: releases its listeners, timers and workers. */
export type Dispose = () => void;

/** What the page's code offers to a loader. */
export interface PageModule {
  render(context: RenderContext): Dispose;
}

/** The page-wide registry: one copy of the page's code and of each picture for all widgets. */
export interface PageRegistry {
  modules: Map<string, Promise<PageModule>>;
}

export function pageRegistry(): PageRegistry {
  const key = Symbol.for("convwidgets");
  const holder = globalThis as unknown as Record<symbol, PageRegistry | undefined>;
  return (holder[key] ??= { modules: new Map() });
}
