/** Results as files and on the clipboard. */
import type { Maps } from "../engine/types";
import { colourOf } from "../views/theme";
import { extent } from "./scales";

/** What can be saved as a picture: its pixels, or a drawing as the text of its SVG. */
export type Drawn = HTMLCanvasElement | string;

/** Pixels for each unit of a drawing. */
const SHARPNESS = 2;

/** A picture as a PNG file; null where it is too large for the browser to write. */
export async function pngOf(drawn: Drawn): Promise<Blob | null> {
  const canvas = typeof drawn === "string" ? await inPixels(drawn) : drawn;
  return new Promise((resolve) => canvas.toBlob(resolve));
}

async function inPixels(drawing: string): Promise<HTMLCanvasElement> {
  const root = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  const [width = 0, height = 0] = root.getAttribute("viewBox")?.split(" ").slice(2).map(Number) ?? [];
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * SHARPNESS);
  canvas.height = Math.ceil(height * SHARPNESS);
  // Without a size of its own a browser draws it small.
  root.setAttribute("width", String(canvas.width));
  root.setAttribute("height", String(canvas.height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
  await image.decode();
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Puts a picture on the clipboard; false where the browser does not allow it. */
export async function copyPicture(drawn: Drawn): Promise<boolean> {
  // Safari lets a page write while it answers a click, not after: it is handed the promise.
  const png = pngOf(drawn).then((blob) => blob ?? Promise.reject(new Error("too large")));
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
