/** Pictures from outside: read, refused with a reason, and resized once. */
import { t } from "../words";

/** Red, green, blue and alpha of every pixel in reading order; alpha is always 255. */
export interface Pixels {
  data: Uint8ClampedArray;
  width: number;
  height: number;
  label: string;
}

/** A picture that cannot be had; its message is meant for the learner. */
export class PictureRefused extends Error {
  override readonly name = "PictureRefused";
}

const MEGABYTE = 2 ** 20;
const LARGEST_FILE = 32;
const MOST_MEGAPIXELS = 80;
const STRIP_PIXELS = 2 ** 20;

/** Decodes a picture file, its longest side brought down to `maxSize`. */
export async function readPictureFile(file: Blob, name: string, maxSize: number): Promise<Pixels> {
  if (!/^image\/(?!svg)/.test(file.type)) throw new PictureRefused(t("picture.notImage", { name }));
  if (file.size > LARGEST_FILE * MEGABYTE) {
    const size = (file.size / MEGABYTE).toFixed(1);
    throw new PictureRefused(t("picture.tooLarge", { name, size, limit: LARGEST_FILE }));
  }
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new PictureRefused(t("picture.badFile", { name }));
  });
  try {
    const megapixels = (bitmap.width * bitmap.height) / 1e6;
    if (megapixels > MOST_MEGAPIXELS) {
      const params = { name, megapixels: Math.round(megapixels), limit: MOST_MEGAPIXELS };
      throw new PictureRefused(t("picture.tooManyPixels", params));
    }
    const label = name.replace(/\.[a-z0-9]{2,5}$/i, "").slice(0, 40) || name;
    return { ...readPixels(bitmap, bitmap.width, bitmap.height, maxSize), label };
  } finally {
    bitmap.close();
  }
}

/** The pixels of anything that can be drawn, on white, its longest side brought down to `maxSize`. */
export function readPixels(
  source: CanvasImageSource,
  width: number,
  height: number,
  maxSize: number,
): Omit<Pixels, "label"> {
  const rows = Math.max(1, Math.min(height, Math.floor(STRIP_PIXELS / width)));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = rows;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new PictureRefused(t("picture.badFile", { name: t("picture.title") }));
  // Strip by strip: a whole photo at once would take hundreds of megabytes.
  return areaAverage(width, height, maxSize, rows, (top, count) => {
    context.fillStyle = "white";
    context.fillRect(0, 0, width, rows);
    context.drawImage(source, 0, top, width, count, 0, 0, width, count);
    return context.getImageData(0, 0, width, count).data;
  });
}

/**
 * Shrinks a picture: every pixel of the result is the mean of the area that it covers.
 *
 * `read(top, count)` gives rows of red, green, blue and alpha; a picture that is small enough comes
 * back as it is.
 */
export function areaAverage(
  width: number,
  height: number,
  maxSize: number,
  rows: number,
  read: (top: number, count: number) => ArrayLike<number>,
): Omit<Pixels, "label"> {
  const ratio = Math.min(1, maxSize / Math.max(width, height));
  const outWidth = Math.max(1, Math.round(width * ratio));
  const outHeight = Math.max(1, Math.round(height * ratio));
  const sums = new Float64Array(outWidth * outHeight * 3);
  const line = new Float64Array(outWidth * 3);
  const across = overlaps(width, outWidth);
  const down = overlaps(height, outHeight);
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    const strip = read(top, count);
    for (let y = 0; y < count; y += 1) {
      line.fill(0);
      for (let x = 0; x < width; x += 1) {
        const from = (y * width + x) * 4;
        for (const [at, share] of across[x] as Overlap[]) {
          for (let c = 0; c < 3; c += 1) (line[at * 3 + c] as number) += (strip[from + c] as number) * share;
        }
      }
      for (const [at, share] of down[top + y] as Overlap[]) {
        const to = at * outWidth * 3;
        for (let i = 0; i < line.length; i += 1) (sums[to + i] as number) += (line[i] as number) * share;
      }
    }
  }
  const data = new Uint8ClampedArray(outWidth * outHeight * 4).fill(255);
  const pixels = outWidth * outHeight;
  for (let i = 0; i < pixels; i += 1) {
    for (let c = 0; c < 3; c += 1) data[i * 4 + c] = sums[i * 3 + c] as number;
  }
  return { data, width: outWidth, height: outHeight };
}

type Overlap = readonly [target: number, share: number];

/** For each source cell, the target cells it overlaps and the share of their mean that it gives. */
function overlaps(from: number, to: number): Overlap[][] {
  const size = from / to;
  return Array.from({ length: from }, (_, i) => {
    const found: Overlap[] = [];
    const last = Math.min(to - 1, Math.ceil((i + 1) / size) - 1);
    for (let j = Math.floor(i / size); j <= last; j += 1) {
      const share = (Math.min(i + 1, (j + 1) * size) - Math.max(i, j * size)) / size;
      if (share > 1e-9) found.push([j, share]);
    }
    return found;
  });
}
