import type { Maps } from "../engine/types";
import catalogue from "../generated/catalogue.json";
import type { KernelLink } from "./kernel_link";
import { floats } from "./kernel_link";

/** What the state says of a picture; the pixels travel apart, once for each page. */
export interface PictureDescriptor {
  name: string;
  label: string;
  shape: number[];
  dtype: "uint8" | "float32";
  id: string;
  /** The shape it came with, where it was made smaller. */
  original_shape?: number[];
}

export interface Picture extends PictureDescriptor {
  maps: Maps;
}

interface CatalogueEntry {
  name: string;
  title: string;
  id: string;
  shape: number[];
  dtype: "uint8" | "float32";
  data: number[] | string;
  /** The program line that makes it. */
  code?: string | null;
}

/** The line of Python that makes a picture by formula; null for any other picture. */
export function syntheticCode(name: string): string | null {
  return (catalogue.synthetic as CatalogueEntry[]).find((entry) => entry.name === name)?.code || null;
}

/** Every picture seen on this page, shared by all widgets. */
const known = new Map<string, Promise<Picture>>();

export const syntheticPictures = (catalogue.synthetic as CatalogueEntry[]).map((entry) => ({
  name: entry.name,
  title: entry.title,
}));

for (const entry of catalogue.synthetic as CatalogueEntry[]) {
  const descriptor = {
    name: entry.name,
    label: entry.title,
    shape: entry.shape,
    dtype: entry.dtype,
    id: entry.id,
  };
  remember(descriptor, decode(entry));
}

export function syntheticPicture(name: string): Promise<Picture> | undefined {
  const entry = (catalogue.synthetic as CatalogueEntry[]).find((item) => item.name === name);
  return entry && known.get(entry.id);
}

/** Keeps pixels (rows, columns, channels interleaved) under their id for every widget of the page. */
export function remember(descriptor: PictureDescriptor, pixels: ArrayLike<number>): Picture {
  const picture = { ...descriptor, maps: planes(pixels, descriptor.shape) };
  known.set(descriptor.id, Promise.resolve(picture));
  return picture;
}

/** The pixels of a descriptor: from this page if any widget has them, else from the kernel. */
export function fetchPicture(descriptor: PictureDescriptor, link: KernelLink): Promise<Picture> {
  const found = known.get(descriptor.id);
  if (found) return found;
  const fetching = ask(descriptor, link);
  known.set(descriptor.id, fetching);
  fetching.catch(() => known.delete(descriptor.id));
  return fetching;
}

async function ask(descriptor: PictureDescriptor, link: KernelLink): Promise<Picture> {
  const answer = await link.ask({ type: "image", id: descriptor.id }, { timeout: 60_000 });
  const buffer = answer?.buffers[0];
  if (!answer || !buffer) throw new Error("picture-missing");
  const [height = 0, width = 0, channels = 1] = descriptor.shape;
  const pixels = descriptor.dtype === "uint8" ? bytes(buffer) : floats(buffer);
  if (pixels.length !== height * width * channels) throw new Error("picture-missing");
  return { ...descriptor, maps: planes(pixels, descriptor.shape) };
}

function bytes(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Rows × columns × channels to channels × rows × columns, as float32. */
function planes(pixels: ArrayLike<number>, shape: readonly number[]): Maps {
  const [height = 0, width = 0, channels = 1] = shape;
  const size = height * width;
  const data = new Float32Array(channels * size);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < size; i++) data[channel * size + i] = pixels[i * channels + channel] as number;
  }
  return { data, channels, height, width };
}

/** Channels × rows × columns back to rows × columns × channels. */
export function interleave(maps: Maps): Float32Array {
  const size = maps.height * maps.width;
  const pixels = new Float32Array(maps.data.length);
  for (let channel = 0; channel < maps.channels; channel++) {
    for (let i = 0; i < size; i++) {
      pixels[i * maps.channels + channel] = maps.data[channel * size + i] as number;
    }
  }
  return pixels;
}

/** An id for pixels that were made in this page. */
export function newPictureId(): string {
  return `page-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
}

function decode(entry: CatalogueEntry): ArrayLike<number> {
  if (typeof entry.data !== "string") return entry.data;
  const binary = atob(entry.data);
  const raw = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  return entry.dtype === "uint8" ? raw : new Float32Array(raw.buffer);
}

/** A picture as a state holds it: its name, or its numbers where they are few. */
export type StoredImage =
  | string
  | { shape: number[]; dtype: "uint8" | "float32"; data: number[] | string; label?: string };

const LITERAL_LIMIT = 32 * 32;

/** The state's form of a picture; null where its numbers are too many for a link, unless `whole`. */
export function storedImage(picture: Picture, whole: boolean): StoredImage | null {
  if (picture.name) return picture.name;
  const { shape, dtype, label, maps } = picture;
  if (maps.height * maps.width > LITERAL_LIMIT && !whole) return null;
  return { shape, dtype, label, data: Array.from(interleave(maps)) };
}

/** The descriptor for a state's picture, its pixels kept; null where this page has no such picture. */
export function adoptImage(
  image: unknown,
  offered: readonly PictureDescriptor[],
): PictureDescriptor | null {
  if (typeof image === "string") {
    const entry = (catalogue.synthetic as CatalogueEntry[]).find((item) => item.name === image);
    if (entry) return descriptorOf(entry);
    return offered.find((descriptor) => descriptor.name === image) ?? null;
  }
  if (!isLiteral(image)) return null;
  const id = newPictureId();
  const descriptor = { name: "", label: image.label ?? "", shape: image.shape, dtype: image.dtype, id };
  remember(descriptor, image.data.flat(3) as number[]);
  return descriptor;
}

function descriptorOf(entry: CatalogueEntry): PictureDescriptor {
  return { name: entry.name, label: entry.title, shape: entry.shape, dtype: entry.dtype, id: entry.id };
}

function isLiteral(
  image: unknown,
): image is { shape: number[]; dtype: "uint8" | "float32"; data: unknown[]; label?: string } {
  if (typeof image !== "object" || image === null) return false;
  const { shape, dtype, data } = image as Record<string, unknown>;
  return (
    Array.isArray(shape) &&
    (shape.length === 2 || (shape.length === 3 && shape[2] === 3)) &&
    shape.every((side) => Number.isInteger(side) && side > 0) &&
    (dtype === "uint8" || dtype === "float32") &&
    Array.isArray(data) &&
    data.flat(3).length === shape.reduce((product: number, side: number) => product * side, 1) &&
    data.flat(3).every((value) => typeof value === "number")
  );
}

/** A picture of the learner's: 8-bit, grey where all its colours are. */
export function ownPicture({ data, width, height, label }: { data: Uint8ClampedArray; width: number; height: number; label: string }): Picture {
  const size = width * height;
  let grey = true;
  for (let i = 0; i < size && grey; i++) grey = data[4 * i] === data[4 * i + 1] && data[4 * i] === data[4 * i + 2];
  const channels = grey ? 1 : 3;
  const pixels = new Uint8Array(size * channels);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < channels; channel++) pixels[i * channels + channel] = data[4 * i + channel] as number;
  }
  const shape = grey ? [height, width] : [height, width, 3];
  return remember({ name: "", label, shape, dtype: "uint8", id: newPictureId() }, pixels);
}
