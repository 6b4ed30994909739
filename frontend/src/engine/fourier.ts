/** Convolution with large kernels by Fourier transforms of tiles: how it is cut up, and its price. */
import type { Kernel, Pair } from "./types";

/** How many powers of two to try for a tile's side. */
const SIDES = 6;
/** What the filters' spectra and the scratch may take. */
const MOST_BYTES = 32 * 2 ** 20;
/**
 * Measured times of a cell in WebAssembly, in the multiply-adds that the direct kernel does
 * meanwhile: to be read or written, per factor of two in the tile's size to be transformed, more
 * for each so many cells of the tile, which leave the caches, and per product of spectra.
 */
const COPY = 4;
const TRANSFORM = 2.6;
const FAR = 2 ** 13;
const PRODUCT = 6;
/** Columns of a strip: measured faster than 4, 8 and 16, though two lines of the cache. */
const STRIP = 32;

/** How a convolution is cut up. */
export interface FourierPlan {
  /** Rows and columns of a tile of the picture, the margin that its neighbours share included. */
  tile: Pair;
  /** Pairs of tiles: the real and imaginary parts of one transform. */
  pairs: number;
  /** Of the filters' spectra, and of all pairs: in multiply-adds of the direct kernel that take as long. */
  filtersCost: number;
  pairsCost: number;
  /** The shapes of what the kernels want beside the picture, the filters and the output. */
  shapes: { spectra: number[]; tile: number[]; channels: number[]; product: number[] };
}

/** The cheapest tiles whose spectra and scratch fit `bytes`; null where none do. */
export function fourierPlan(
  w: Omit<Kernel, "data">,
  groups: number,
  outputs: Pair,
  stride: Pair,
  dilation: Pair,
  bytes: number,
): FourierPlan | null {
  const most = Math.min(bytes, MOST_BYTES);
  const reach = [(w.height - 1) * dilation[0], (w.width - 1) * dilation[1]] as const;
  const filters = w.filters * w.channels;
  let [best, price] = [null as [number, number, number] | null, Infinity];
  for (const [height, down] of tilings(reach[0], outputs[0], stride[0])) {
    for (const [width, across] of tilings(reach[1], outputs[1], stride[1])) {
      const cells = height * width;
      if (8 * cells * (filters + w.channels + 2) > most) continue;
      const pairs = Math.ceil((down * across) / 2);
      const cost = filters * transform(cells) + pairs * pairCost(cells);
      if (cost < price) [best, price] = [[height, width, pairs], cost];
    }
  }
  if (!best) return null;
  const [height, width, pairs] = best;
  const cells = height * width;
  const spectrum = [2, height / STRIP, width, STRIP];
  return {
    tile: [height, width],
    pairs,
    filtersCost: filters * transform(cells),
    pairsCost: pairs * pairCost(cells),
    shapes: {
      spectra: [w.filters, w.channels, ...spectrum],
      tile: [2, width / STRIP, height, STRIP],
      channels: [w.channels, ...spectrum],
      product: spectrum,
    },
  };

  function pairCost(cells: number): number {
    return (w.channels * groups + w.filters) * transform(cells) + filters * cells * PRODUCT;
  }
}

/** Real and imaginary parts of the powers of a transform's root of unity. */
export function roots(size: number): Float32Array {
  const angle = (power: number) => (-2 * Math.PI * power) / size;
  const powers = Array.from({ length: size }, (_, power) => angle(power));
  return Float32Array.from([...powers.map(Math.cos), ...powers.map(Math.sin)]);
}

/** The sides that a tile may have, each with the number of tiles along the axis. */
function tilings(reach: number, outputs: number, stride: number): [side: number, tiles: number][] {
  let shortest = STRIP;
  while (shortest <= reach) shortest *= 2;
  return Array.from({ length: SIDES }, (_, power) => {
    const side = shortest * 2 ** power;
    return [side, Math.ceil(outputs / (Math.floor((side - 1 - reach) / stride) + 1))];
  });
}

function transform(cells: number): number {
  return cells * (COPY + TRANSFORM * Math.log2(cells) + cells / FAR);
}
