import { type View, fill, h, merge, setAttribute, setText } from "./dom";
import { type IconName, icon } from "./icons";
import { t } from "../words";

export interface NoticeProps {
  /** Null leaves the line empty, its place kept. */
  kind: "info" | "error" | "progress" | null;
  text: string;
  /** 0 to 1 while the end is known; null while it is not. */
  value: number | null;
  /** Work that can be stopped; null takes the button away. */
  onCancel: (() => void) | null;
  /** A message that can be put away; null takes the button away. */
  onDismiss: (() => void) | null;
}

const drawings: Record<Exclude<NoticeProps["kind"], null>, IconName> = {
  info: "info",
  error: "error",
  progress: "info",
};

/** One line of news within a widget. Errors are spoken at once, the rest when the reader pauses. */
export function notice(): View<NoticeProps> {
  const props: NoticeProps = { kind: null, text: "", value: null, onCancel: null, onDismiss: null };
  const mark = h("span", { class: "cw-notice-mark", "aria-hidden": "true" });
  const polite = h("span", { class: "cw-notice-text", role: "status" });
  const urgent = h("span", { class: "cw-notice-text", role: "alert" });
  const bar = h("progress", { class: "cw-progress", max: 1, hidden: true });
  const cancel = h(
    "button",
    { class: "cw-button cw-button-plain cw-button-small", type: "button", hidden: true, onclick: () => props.onCancel?.() },
    t("notice.cancel"),
  );
  const dismiss = h(
    "button",
    {
      class: "cw-button cw-button-quiet cw-button-icon cw-button-small",
      type: "button",
      hidden: true,
      title: t("notice.dismiss"),
      "aria-label": t("notice.dismiss"),
      onclick: () => props.onDismiss?.(),
    },
    icon("close"),
  );
  const el = h("div", { class: "cw-notice" }, mark, polite, urgent, bar, cancel, dismiss);
  let drawn: NoticeProps["kind"] = null;

  return {
    el,
    update(patch) {
      merge(props, patch);
      const { kind, value } = props;
      setAttribute(el, "data-kind", kind);
      if (kind !== drawn) fill(mark, kind === null ? null : icon(drawings[kind]));
      drawn = kind;
      setText(polite, kind === null || kind === "error" ? "" : props.text);
      setText(urgent, kind === "error" ? props.text : "");
      bar.hidden = kind !== "progress";
      if (value === null) bar.removeAttribute("value");
      else bar.value = value;
      setAttribute(bar, "aria-label", kind === "progress" ? props.text : null);
      cancel.hidden = kind !== "progress" || props.onCancel === null;
      dismiss.hidden = kind === null || kind === "progress" || props.onDismiss === null;
    },
    destroy: () => el.remove(),
  };
}
