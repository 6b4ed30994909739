/** The dialog that takes a network as code. */
import { button } from "../views/button";
import { dialog } from "../views/dialog";
import { h, setText, uid } from "../views/dom";
import { t } from "../words";

/** `onCode` returns why the text cannot be taken, or null once it is. */
export function codeDialog({ onCode }: { onCode(text: string): string | null }) {
  const view = dialog({
    title: t("read.title"),
    content() {
      const id = uid("code");
      const text = h("textarea", { class: "cw-read-text", rows: 12, spellcheck: "false", "aria-label": t("read.label"), "aria-describedby": id });
      const problem = h("p", { class: "cw-editor-problem", role: "alert", id });
      const show = button({
        label: t("read.network"),
        kind: "primary",
        onClick() {
          const refused = onCode(text.value);
          if (refused === null) view.close();
          else setText(problem, refused);
        },
      });
      return { body: [h("p", { class: "cw-story" }, t("read.note")), text, problem], foot: show.el, onClose: () => show.destroy() };
    },
  });
  return view;
}
