import { h, setText } from "./dom";
import { type Pixels, readPixels } from "./pixels";
import { t } from "../words";

export interface Pane {
  el: HTMLElement;
  /** Ends whatever the pane holds: a stream, a listener. */
  destroy?(): void;
}

/** The camera's live picture and a button that keeps one of it. */
export function cameraPane(options: { maxSize: number; onPicture(pixels: Pixels): void }): Pane {
  let stream: MediaStream | null = null;
  let ended = false;
  const video = h("video", { class: "cw-camera-video", muted: true, playsinline: true, "aria-label": t("camera.video") });
  // The attribute alone does not silence an element made by script.
  video.muted = true;
  const words = h("p", { class: "cw-camera-words", role: "status" });
  const retry = h("button", { class: "cw-button cw-button-plain", type: "button", onclick: () => void start() }, t("camera.retry"));
  const take = h(
    "button",
    {
      class: "cw-button cw-button-primary",
      type: "button",
      onclick: () => {
        const { videoWidth: width, videoHeight: height } = video;
        options.onPicture({ ...readPixels(video, width, height, options.maxSize), label: t("camera.label") });
      },
    },
    t("camera.take"),
  );
  const el = h(
    "div",
    { class: "cw-camera" },
    h("div", { class: "cw-camera-stage" }, video, h("div", { class: "cw-camera-message" }, words, retry)),
    h("div", { class: "cw-pane-foot" }, take),
  );

  async function start(): Promise<void> {
    show(t("camera.ask"), false);
    try {
      const found = await openCamera();
      if (ended) return stop(found);
      stream = found;
      video.srcObject = found;
      await video.play();
      show("", true);
    } catch (error) {
      if (!ended) show(explain(error), false, true);
    }
  }

  function show(text: string, live: boolean, again = false): void {
    setText(words, text);
    video.hidden = !live;
    take.disabled = !live;
    retry.hidden = !again;
  }

  void start();

  return {
    el,
    destroy() {
      ended = true;
      video.srcObject = null;
      if (stream !== null) stop(stream);
    },
  };
}

class CameraInsecure extends Error {}

function openCamera(): Promise<MediaStream> {
  // Browsers hide the whole interface from pages that are not secure.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return Promise.reject(new CameraInsecure());
  return devices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function explain(error: unknown): string {
  if (error instanceof CameraInsecure) return t("camera.insecure");
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return t("camera.refused");
  if (name === "NotFoundError" || name === "OverconstrainedError") return t("camera.none");
  if (name === "NotReadableError" || name === "AbortError") return t("camera.busy");
  return t("camera.failed", { message: error instanceof Error ? error.message : String(error) });
}
