/** What floats beside something: menus, pickers, small explanations. */
import { h, listen, setAttribute, setText, uid } from "./dom";

export interface PopoverOptions {
  /** Which edge of the anchor it lines up with; "start" unless told. */
  align?: "start" | "end";
  onClose?(): void;
}

/**
 * Shows `panel` beside `anchor`, within the window, over everything; returns what closes it.
 *
 * It stays inside the widget's root, where the style is, yet must escape a host's clipping: the top
 * layer does that where the browser has popovers, a fixed position does elsewhere.
 */
export function popover(anchor: HTMLElement, panel: HTMLElement, options: PopoverOptions = {}): () => void {
  const home = anchor.closest<HTMLElement>("dialog, .cw-root") ?? document.body;
  const release: (() => void)[] = [];
  let open = true;
  panel.classList.add("cw-popover");
  home.append(panel);
  if (typeof panel.showPopover === "function") {
    panel.popover = "manual";
    panel.showPopover();
  }
  place(anchor, panel, options.align ?? "start");

  const close = () => {
    if (!open) return;
    open = false;
    for (const stop of release) stop();
    panel.remove();
    options.onClose?.();
  };
  const outside = (event: Event) => {
    const path = event.composedPath();
    if (!path.includes(panel) && !path.includes(anchor)) close();
  };
  const follow = (event: Event) => {
    if (event.target instanceof Node && panel.contains(event.target)) return;
    if (anchor.isConnected) place(anchor, panel, options.align ?? "start");
    else close();
  };
  release.push(
    listen(document, "pointerdown", outside, { capture: true }),
    listen(document, "focusin", outside),
    listen(window, "resize", follow),
    listen(document, "scroll", follow, { capture: true, passive: true }),
    listen(panel, "keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
      anchor.focus();
    }),
  );
  return close;
}

/** A short text beside something on focus or tap, where a title would not be seen. */
export function tip(anchor: HTMLElement, text: () => string | null): { destroy(): void } {
  let close: (() => void) | null = null;
  const hide = () => close?.();
  const show = () => {
    const words = text();
    if (words === null || close !== null || !anchor.isConnected) return;
    const bubble = h("div", { class: "cw-tip", role: "status", id: uid("tip") });
    setAttribute(anchor, "aria-describedby", bubble.id);
    close = popover(anchor, bubble, {
      onClose: () => {
        close = null;
        setAttribute(anchor, "aria-describedby", null);
      },
    });
    // Written once it stands in the page, so that it is announced.
    setText(bubble, words);
    place(anchor, bubble, "start");
  };
  const release = [
    listen(anchor, "focus", () => {
      if (anchor.matches(":focus-visible")) show();
    }),
    listen(anchor, "click", show),
    listen(anchor, "blur", hide),
    listen(anchor, "pointerleave", hide),
  ];
  return {
    destroy() {
      hide();
      for (const stop of release) stop();
    },
  };
}

const MARGIN = 8;
const DISTANCE = 4;

function place(anchor: HTMLElement, panel: HTMLElement, align: "start" | "end"): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const around = anchor.getBoundingClientRect();
  panel.style.setProperty("max-width", `${clientWidth - 2 * MARGIN}px`);
  panel.style.removeProperty("max-height");
  panel.style.setProperty("left", "0px");
  panel.style.setProperty("top", "0px");
  // Where a transformed or contained ancestor takes the window's place, zero is not the corner.
  const origin = panel.getBoundingClientRect();
  const below = clientHeight - around.bottom - DISTANCE - MARGIN;
  const above = around.top - DISTANCE - MARGIN;
  const under = origin.height <= below || below >= above;
  const height = Math.min(origin.height, Math.max(under ? below : above, 96));
  if (height < origin.height) panel.style.setProperty("max-height", `${height}px`);
  const wanted = align === "end" ? around.right - origin.width : around.left;
  const left = Math.max(MARGIN, Math.min(wanted, clientWidth - origin.width - MARGIN));
  const top = under ? around.bottom + DISTANCE : around.top - DISTANCE - height;
  panel.style.setProperty("left", `${Math.round(left - origin.left)}px`);
  panel.style.setProperty("top", `${Math.round(top - origin.top)}px`);
}
