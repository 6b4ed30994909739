import { type Pane, cameraPane } from "./cameraPane";
import { shortcut } from "./clipboard";
import { type DialogView, dialog } from "./dialog";
import { fill, h } from "./dom";
import { drawPane } from "./drawPane";
import { dropZone } from "./dropZone";
import { icon } from "./icons";
import { notice } from "./notice";
import { PictureRefused, type Pixels, readPictureFile } from "./pixels";
import { segmented } from "./segmented";
import { t } from "../words";

export type PictureWay = "upload" | "paste" | "camera" | "draw";

export interface PictureDialogOptions {
  /** The longest side a picture may have; greater ones are resized. */
  maxSize: number;
  /** Receives the picture; the dialog has closed by then. */
  onPicture(pixels: Pixels): void;
}

export interface PictureDialogView extends Omit<DialogView, "open" | "update"> {
  open(way?: PictureWay): void;
  update(props: Partial<Pick<PictureDialogOptions, "maxSize">>): void;
}

const ACCEPTED = "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/avif";

/** Takes a learner's own picture: from a file, the clipboard, the camera or the hand. */
export function pictureDialog(options: PictureDialogOptions): PictureDialogView {
  let { maxSize } = options;
  let way: PictureWay = "upload";
  const view = dialog({ title: t("picture.title"), content });

  function content() {
    const news = notice();
    const stage = h("div", { class: "cw-pane" });
    let pane: Pane | null = null;
    let ended = false;

    const finish = (pixels: Pixels) => {
      if (ended) return;
      view.close();
      options.onPicture(pixels);
    };
    const read = async (file: Blob, name: string) => {
      news.update({ kind: "progress", text: t("picture.reading", { name }), value: null });
      try {
        finish(await readPictureFile(file, name, maxSize));
      } catch (error) {
        const text = error instanceof PictureRefused ? error.message : t("picture.badFile", { name });
        news.update({ kind: "error", text });
      }
    };
    const complain = (text: string) => news.update({ kind: "error", text });
    const panes: Record<PictureWay, () => Pane> = {
      upload: () => ({
        el: dropZone({
          icon: "upload",
          text: t("picture.drop"),
          choose: t("picture.choose"),
          accept: ACCEPTED,
          onFile: (file) => void read(file, file.name),
        }),
      }),
      paste: () => pastePane((file) => void read(file, t("paste.label")), complain),
      camera: () => cameraPane({ maxSize, onPicture: finish }),
      draw: () => drawPane({ onPicture: finish }),
    };
    const show = (next: PictureWay) => {
      way = next;
      news.update({ kind: null, text: "" });
      pane?.destroy?.();
      pane = panes[next]();
      fill(stage, pane.el);
    };
    const tabs = segmented<PictureWay>({
      label: t("picture.ways"),
      hideLabel: true,
      options: [
        { value: "upload", label: t("picture.tabUpload") },
        { value: "paste", label: t("picture.tabPaste") },
        { value: "camera", label: t("picture.tabCamera") },
        { value: "draw", label: t("picture.tabDraw") },
      ],
      value: way,
      onChange: show,
    });
    tabs.el.classList.add("cw-tabs");
    show(way);
    const size = h("p", { class: "cw-dialog-note" }, t("picture.resizeNote", { size: maxSize }));
    return {
      body: [tabs.el, stage, size, news.el],
      onClose: () => {
        ended = true;
        pane?.destroy?.();
        tabs.destroy();
      },
    };
  }

  return {
    el: view.el,
    open(first = "upload") {
      way = first;
      view.open();
    },
    close: view.close,
    update(props) {
      maxSize = props.maxSize ?? maxSize;
    },
    destroy: view.destroy,
  };
}

function pastePane(onImage: (image: Blob) => void, onProblem: (text: string) => void): Pane {
  const keys = shortcut("V");
  const pasted = (event: ClipboardEvent) => {
    const image = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    event.preventDefault();
    if (image === undefined) onProblem(t("paste.empty"));
    else onImage(image);
  };
  const ask = async () => {
    try {
      const image = await clipboardImage();
      if (image === null) onProblem(t("paste.empty"));
      else onImage(image);
    } catch {
      onProblem(t("paste.refused", { keys }));
    }
  };
  document.addEventListener("paste", pasted);
  return {
    el: h(
      "div",
      { class: "cw-drop", tabindex: 0 },
      icon("paste"),
      h("p", null, t("paste.hint", { keys })),
      h("button", { class: "cw-button cw-button-plain", type: "button", onclick: () => void ask() }, t("paste.button")),
    ),
    destroy: () => document.removeEventListener("paste", pasted),
  };
}

async function clipboardImage(): Promise<Blob | null> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((candidate) => candidate.startsWith("image/"));
    if (type !== undefined) return item.getType(type);
  }
  return null;
}
