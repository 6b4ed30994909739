/** Results as files and on the clipboard. */
import type { Maps } from "../engine/types";
import { colourOf } from "../views/theme";
import { extent } from "./scales";

/** A picture as a PNG file; null where it is too large for the browser to write. */
export function pngOf(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve));
}

/** Puts a picture on the clipboard; false where the browser does not allow it. */
export async function copyPicture(canvas: HTMLCanvasElement): Promise<boolean> {
  // Safari lets a page write while it answers a click, not after: it is handed the promise.
  const png = pngOf(canvas).then((blob) => blob ?? Promise.reject(new Error("too large")));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return true;
  } catch {
    return false;
  }
}

/** A map as a picture of one pixel a cell, where it stands on the page as cells. */
export function mapsPicture(maps: Maps): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = maps.width;
  canvas.height = maps.height;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const [low, high] = extent(maps);
  const scale = low < 0 ? ({ kind: "signed", low, high } as const) : ({ kind: "grey", low, high } as const);
  const image = context.createImageData(maps.width, maps.height);
  for (let i = 0; i < maps.width * maps.height; i++) {
    image.data.set([...colourOf(maps.data[i] as number, scale, false), 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
