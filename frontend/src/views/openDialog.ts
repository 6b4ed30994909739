import { button } from "./button";
import { type DialogView, dialog } from "./dialog";
import { h } from "./dom";
import { dropZone } from "./dropZone";
import { notice } from "./notice";
import { t } from "../words";

export interface OpenDialogOptions {
  /** Takes the parsed state; returns why it cannot be used, or null when it was. */
  onState(state: unknown): string | null;
}

const MEGABYTE = 2 ** 20;
const LARGEST_FILE = 24;

/** Restores a widget from a saved file, or from its text. */
export function openDialog({ onState }: OpenDialogOptions): DialogView {
  const view = dialog({ title: t("open.title"), content });

  function content() {
    const news = notice();
    const refuse = (text: string) => news.update({ kind: "error", text });
    const use = (text: string, name: string) => {
      const problem = read(text, onState);
      if (problem === null) view.close();
      else refuse(t("open.badFile", { name, message: problem }));
    };
    const text = h("textarea", {
      class: "cw-paste-area",
      rows: 4,
      spellcheck: "false",
      placeholder: "{ … }",
      "aria-label": t("open.paste"),
      oninput: () => restore.update({ disabled: text.value.trim() === "" }),
    });
    const restore = button({
      label: t("open.restore"),
      kind: "primary",
      onClick: () => use(text.value, t("open.text")),
    });
    restore.update({ disabled: true });
    const zone = dropZone({
      icon: "open",
      text: t("open.drop"),
      choose: t("open.choose"),
      accept: "application/json,.json",
      onFile: (file) => {
        const { name, size } = file;
        if (size > LARGEST_FILE * MEGABYTE) {
          refuse(t("open.tooLarge", { name, size: (size / MEGABYTE).toFixed(1), limit: LARGEST_FILE }));
        } else {
          file.text().then((words) => use(words, name), (error: unknown) => refuse(t("open.badFile", { name, message: String(error) })));
        }
      },
    });
    return {
      body: [zone, h("p", { class: "cw-dialog-note" }, t("open.paste")), text, news.el],
      foot: restore.el,
    };
  }

  return view;
}

function read(text: string, onState: (state: unknown) => string | null): string | null {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return t("open.notJson");
  }
  return onState(state);
}
