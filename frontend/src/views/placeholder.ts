import { type View, fill, h, merge, setAttribute, setText } from "./dom";
import { icon } from "./icons";
import { t } from "../words";

export interface PlaceholderProps {
  state: "empty" | "loading" | "error";
  /** What is missing, or what went wrong. */
  text: string;
  /** More, in smaller type: how to mend it. */
  hint: string;
  action: { label: string; onClick(): void } | null;
}

/** What stands in the place of a picture, or of a whole widget, that cannot be shown yet. */
export function placeholder(): View<PlaceholderProps> {
  const props: PlaceholderProps = { state: "empty", text: "", hint: "", action: null };
  const mark = h("span", { class: "cw-placeholder-mark", "aria-hidden": "true" });
  const text = h("p", { class: "cw-placeholder-text" });
  const hint = h("p", { class: "cw-placeholder-hint" });
  const foot = h("div", { class: "cw-placeholder-foot" });
  const el = h("div", { class: "cw-placeholder", role: "status" }, mark, text, hint, foot);
  let drawn = "";

  const show = () => {
    setAttribute(el, "data-state", props.state);
    setAttribute(el, "aria-busy", props.state === "loading");
    const fallback = props.state === "loading" ? t("panel.loading") : t("panel.empty");
    setText(text, props.text || fallback);
    setText(hint, props.hint);
    hint.hidden = props.hint === "";
    if (drawn !== props.state) fill(mark, props.state === "loading" ? null : icon(props.state === "error" ? "error" : "image"));
    drawn = props.state;
    const { action } = props;
    fill(
      foot,
      action !== null &&
        h("button", { class: "cw-button cw-button-plain", type: "button", onclick: () => action.onClick() }, action.label),
    );
  };
  show();

  return {
    el,
    update(patch) {
      merge(props, patch);
      show();
    },
    destroy: () => el.remove(),
  };
}
