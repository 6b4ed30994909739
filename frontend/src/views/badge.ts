import { type View, h, merge, setAttribute, setText } from "./dom";

export type BadgeState = "ok" | "working" | "fallback" | "error";

export interface BadgeProps {
  text: string;
  state: BadgeState;
  title: string;
  /** 0 to 1 while work goes on and its end is known. */
  progress: number | null;
}

/** Which engine drew the picture and in what time. Its width never follows its digits. */
export function badge(): View<BadgeProps> {
  const props: BadgeProps = { text: "", state: "ok", title: "", progress: null };
  const dot = h("span", { class: "cw-badge-dot", "aria-hidden": "true" });
  const text = h("span", { class: "cw-badge-text" });
  const bar = h("span", { class: "cw-badge-bar", hidden: true });
  const el = h("span", { class: "cw-badge" }, dot, text, bar);

  return {
    el,
    update(patch) {
      merge(props, patch);
      setText(text, props.text);
      setAttribute(el, "data-state", props.state);
      setAttribute(el, "title", props.title || null);
      bar.hidden = props.state !== "working" || props.progress === null;
      bar.style.setProperty("--cw-fill", String(props.progress ?? 0));
    },
    destroy: () => el.remove(),
  };
}
