/** What every view is: a node, a way to change what it shows, and an end. */
export interface View<Props, El extends Element = HTMLElement> {
  readonly el: El;
  /** Takes only what changed; a key that is left out keeps its value. */
  update(props: Partial<Props>): void;
  destroy(): void;
}

export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Attribute = string | number | boolean | null | undefined;
type Handlers = {
  [Type in keyof HTMLElementEventMap as `on${Type}`]?: (event: HTMLElementEventMap[Type]) => void;
};
type Styles = Readonly<Record<string, string | number>>;

export type Props = Handlers & {
  class?: string;
  /** Positions and sizes only: colours live in the style sheets. */
  style?: Styles;
  [attribute: `data-${string}` | `aria-${string}`]: Attribute;
} & Partial<Record<PlainAttribute, Attribute>>;

type PlainAttribute =
  | "accept" | "autocomplete" | "autofocus" | "capture" | "checked" | "colspan" | "disabled"
  | "dir" | "download" | "draggable" | "for" | "height" | "hidden" | "href" | "id" | "inert"
  | "inputmode" | "label" | "lang" | "list" | "max" | "maxlength" | "min" | "multiple" | "muted"
  | "name" | "open" | "pattern" | "placeholder" | "playsinline" | "popover" | "readonly" | "rel"
  | "role" | "rowspan" | "rows" | "scope" | "selected" | "size" | "spellcheck" | "step"
  | "tabindex" | "target" | "title" | "type" | "value" | "width" | "wrap";

/** Makes an HTML element; functions named `on…` listen, everything else is an attribute. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props?: Props | null,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const el = document.createElement(tag);
  apply(el, props ?? {});
  append(el, children);
  return el;
}

const SVG = "http://www.w3.org/2000/svg";

export type SvgProps = { readonly [name: string]: Attribute | Styles | ((event: never) => void) };

/** Makes an SVG element; attributes are written as SVG spells them. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  props?: SvgProps | null,
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const el = document.createElementNS(SVG, tag);
  apply(el, props ?? {});
  append(el, children);
  return el;
}

type EventMapOf<Target> = Target extends Window
  ? WindowEventMap
  : Target extends Document
    ? DocumentEventMap
    : Target extends HTMLElement
      ? HTMLElementEventMap
      : Target extends SVGElement
        ? SVGElementEventMap
        : Target extends MediaQueryList
          ? MediaQueryListEventMap
          : Record<string, Event>;

/** Listens until the returned function is called. */
export function listen<Target extends EventTarget, Type extends keyof EventMapOf<Target> & string>(
  target: Target,
  type: Type,
  handler: (event: EventMapOf<Target>[Type]) => void,
  options?: AddEventListenerOptions,
): () => void {
  const listener = handler as unknown as EventListener;
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}

/** Two bundles of different versions may share a page, so identifiers carry a salt. */
const salt = Math.random().toString(36).slice(2, 7);
let issued = 0;

/** An identifier that no other element of the page has. */
export function uid(prefix = "id"): string {
  issued += 1;
  return `cw-${prefix}-${salt}-${issued}`;
}

/** Replaces the children of an element. */
export function fill(el: Element, ...children: readonly Child[]): void {
  el.replaceChildren();
  append(el, children);
}

/** Writes text only where it differs, so that live regions and selections are left alone. */
export function setText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

/** Sets an attribute, or takes it away for `null`, `undefined` and `false`. */
export function setAttribute(el: Element, name: string, value: Attribute): void {
  refuseMarkup(name);
  if (value === null || value === undefined || value === false) {
    // aria-… "false" says something that a missing attribute does not.
    if (value === false && name.startsWith("aria-")) el.setAttribute(name, "false");
    else el.removeAttribute(name);
    return;
  }
  const text = value === true ? (name.startsWith("aria-") ? "true" : "") : String(value);
  if (el.getAttribute(name) !== text) el.setAttribute(name, text);
}

/** Copies what is given of `patch` over `props`; `undefined` means "as it was". */
export function merge<P extends object>(props: P, patch: Partial<P>): P {
  for (const key of Object.keys(patch) as (keyof P)[]) {
    const value = patch[key];
    if (value !== undefined) props[key] = value as P[keyof P];
  }
  return props;
}

function apply(el: HTMLElement | SVGElement, props: object): void {
  for (const [name, value] of Object.entries(props) as [string, unknown][]) {
    if (typeof value === "function") {
      if (!name.startsWith("on")) throw new TypeError(`${name} must not be a function`);
      el.addEventListener(name.slice(2), value as EventListener);
    } else if (name === "style") {
      for (const [property, text] of Object.entries(value as Styles)) {
        el.style.setProperty(property, String(text));
      }
    } else if ((name === "value" || name === "checked") && name in el) {
      Reflect.set(el, name, value);
    } else {
      setAttribute(el, name, value as Attribute);
    }
  }
}

function append(el: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(el, child as readonly Child[]);
    else el.append(child instanceof Node ? child : String(child));
  }
}

/** Markup and code never come from data: there is no way to write either through this module. */
function refuseMarkup(name: string): void {
  if (/^(on|innerhtml$|outerhtml$|srcdoc$|style$)/i.test(name)) {
    throw new TypeError(`${name} must not be set from text`);
  }
}
