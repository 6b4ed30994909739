import { button } from "./button";
import { copyText, shortcut } from "./clipboard";
import { type DialogView, dialog } from "./dialog";
import { h } from "./dom";
import { notice } from "./notice";
import { saveFile } from "./saveFile";
import { t } from "../words";

export interface SharedState {
  /** An address that restores the state; null where it does not fit one. */
  link: string | null;
  /** Why there is no link. */
  reason?: string;
  file: { name: string; text: string };
}

export interface ShareDialogView extends Omit<DialogView, "open"> {
  open(state: SharedState): void;
}

/** Hands out the state of a widget: as a link where it fits one, as a file always. */
export function shareDialog(): ShareDialogView {
  let state: SharedState = { link: null, file: { name: "", text: "" } };
  const view = dialog({ title: t("share.title"), content: () => ({ body: body(state) }) });
  return {
    ...view,
    open(next) {
      state = next;
      view.open();
    },
  };
}

function body({ link, reason, file }: SharedState): HTMLElement[] {
  const news = notice();
  const download = button({
    label: t("share.download"),
    icon: "download",
    kind: link === null ? "primary" : "plain",
    onClick: () => {
      saveFile(file.name, new Blob([file.text], { type: "application/json" }));
      news.update({ kind: "info", text: t("file.saved", { name: file.name }) });
    },
  });
  return [
    h("section", { class: "cw-dialog-section" }, h("h4", null, t("share.linkTitle")), link === null ? h("p", { class: "cw-dialog-note" }, reason) : linkRow(link)),
    h(
      "section",
      { class: "cw-dialog-section" },
      h("h4", null, t("share.fileTitle")),
      h("p", { class: "cw-dialog-note" }, t("share.fileNote")),
      h("div", { class: "cw-pane-foot" }, h("span", { class: "cw-file-name" }, file.name), download.el),
      news.el,
    ),
  ];
}

function linkRow(link: string): HTMLElement[] {
  const news = notice();
  const field = h("input", { class: "cw-link", type: "text", readonly: true, value: link, "aria-label": t("share.linkTitle"), onfocus: () => field.select() });
  const copy = button({
    label: t("share.copy"),
    icon: "copy",
    kind: "primary",
    onClick: () => {
      void copyText(link).then((copied) => {
        if (!copied) field.select();
        news.update({
          kind: copied ? "info" : "error",
          text: copied ? t("share.copied") : t("share.copyFailed", { keys: shortcut("C") }),
        });
      });
    },
  });
  return [
    h("p", { class: "cw-dialog-note" }, t(link.startsWith("file:") ? "share.linkFile" : "share.linkNote")),
    h("div", { class: "cw-link-row" }, field, copy.el),
    news.el,
  ];
}
