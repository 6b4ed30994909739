import { type Child, type View, fill, h, setText, uid } from "./dom";
import { icon } from "./icons";
import { t } from "../words";

export interface DialogContent {
  body: Child;
  /** Buttons at the bottom. */
  foot?: Child;
  /** Called when the dialog has closed, however it was closed. */
  onClose?(): void;
}

export interface DialogOptions {
  title: string;
  /** Made anew each time the dialog opens, so that nothing runs and nothing is kept while it is closed. */
  content(): DialogContent;
}

export interface DialogView extends View<{ title: string }, HTMLDialogElement> {
  open(): void;
  close(): void;
}

/** A modal dialog. Its element belongs inside the widget's root, where the style is. */
export function dialog(options: DialogOptions): DialogView {
  const titleId = uid("dialog");
  const title = h("h3", { class: "cw-dialog-title", id: titleId, tabindex: -1, autofocus: true }, options.title);
  const body = h("div", { class: "cw-dialog-body" });
  const foot = h("div", { class: "cw-dialog-foot" });
  let content: DialogContent | null = null;
  const el = h(
    "dialog",
    {
      class: "cw-dialog",
      "aria-labelledby": titleId,
      onclose: () => {
        // The event comes a moment late: by then the dialog may be open again.
        if (!el.open) end();
      },
      onclick: (event) => {
        if (event.target === el && !within(el.getBoundingClientRect(), event)) el.close();
      },
      // Keys pressed in a dialog are no shortcuts of the host's, nor of the widget's.
      onkeydown: (event) => event.stopPropagation(),
    },
    h(
      "div",
      { class: "cw-dialog-head" },
      title,
      h(
        "button",
        {
          class: "cw-button cw-button-quiet cw-button-icon",
          type: "button",
          title: t("dialog.close"),
          "aria-label": t("dialog.close"),
          onclick: () => el.close(),
        },
        icon("close"),
      ),
    ),
    body,
    foot,
  );

  function end(): void {
    const ended = content;
    content = null;
    fill(body);
    fill(foot);
    ended?.onClose?.();
  }

  return {
    el,
    open() {
      if (el.open) return;
      end();
      content = options.content();
      fill(body, content.body);
      fill(foot, content.foot);
      foot.hidden = content.foot === undefined;
      el.showModal();
    },
    close: () => el.close(),
    update(patch) {
      if (patch.title !== undefined) setText(title, patch.title);
    },
    destroy() {
      el.close();
      end();
      el.remove();
    },
  };
}

function within(box: DOMRect, { clientX, clientY }: MouseEvent): boolean {
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}
