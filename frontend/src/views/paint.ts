import type { Maps } from "../engine/types";
import { BEYOND, type RGB, type Scale, palette, pixel, scaleRange } from "./theme";

const NAN_PIXELS = BEYOND.nan.map((colour) => pixel(colour as RGB)) as [number, number];
const BELOW_PIXEL = pixel(BEYOND.below);
const ABOVE_PIXEL = pixel(BEYOND.above);
const images = new WeakMap<HTMLCanvasElement, { image: ImageData; pixels: Uint32Array }>();

/** Paints maps on a canvas, one pixel a cell. NaN is hatched; the infinities have their own colours. */
export function paintMaps(
  canvas: HTMLCanvasElement,
  maps: Maps,
  scale: Scale,
  channel: number,
  dark: boolean,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { image, pixels } = imageOf(canvas, context, maps);
  if (scale.kind === "colour" && maps.channels === 3) colours(pixels, maps, scale);
  else levels(pixels, maps, scale, channel, dark);
  context.putImageData(image, 0, 0);
}

function imageOf(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, { width, height }: Maps) {
  let kept = images.get(canvas);
  if (!kept || kept.image.width !== width || kept.image.height !== height) {
    canvas.width = width;
    canvas.height = height;
    const image = context.createImageData(width, height);
    kept = { image, pixels: new Uint32Array(image.data.buffer) };
    images.set(canvas, kept);
  }
  return kept;
}

function levels(pixels: Uint32Array, maps: Maps, scale: Scale, channel: number, dark: boolean): void {
  const { width } = maps;
  const { pixels: steps } = palette(scale.kind, dark);
  const [low, high] = scaleRange(scale);
  const last = steps.length - 1;
  const slope = last / (high - low);
  const start = channel * pixels.length;
  const { data } = maps;
  for (let i = 0; i < pixels.length; i++) {
    const value = data[start + i] as number;
    const step = (value - low) * slope;
    if (step >= 0 && step <= last) pixels[i] = steps[(step + 0.5) | 0] as number;
    else if (value === Infinity) pixels[i] = ABOVE_PIXEL;
    else if (value === -Infinity) pixels[i] = BELOW_PIXEL;
    else if (value !== value) pixels[i] = nanPixel(i, width);
    else pixels[i] = steps[step < 0 ? 0 : last] as number;
  }
}

function colours(pixels: Uint32Array, { data, width }: Maps, scale: Scale): void {
  const [low, high] = scaleRange(scale);
  const slope = 255 / (high - low);
  const plane = pixels.length;
  const level = (value: number) => {
    const step = (value - low) * slope + 0.5;
    return step < 0 ? 0 : step > 255 ? 255 : step | 0;
  };
  for (let i = 0; i < plane; i++) {
    const red = data[i] as number;
    const green = data[plane + i] as number;
    const blue = data[2 * plane + i] as number;
    pixels[i] =
      red !== red || green !== green || blue !== blue
        ? nanPixel(i, width)
        : ((255 << 24) | (level(blue) << 16) | (level(green) << 8) | level(red)) >>> 0;
  }
}

function nanPixel(index: number, width: number): number {
  const diagonal = ((index % width) + Math.floor(index / width)) % 4;
  return NAN_PIXELS[diagonal < 2 ? 0 : 1] as number;
}
