/** Random whole numbers that Python and the page throw alike, for what a seed must decide. */

const FACES = 2 ** 32;
const RANDOM_START = 10_000;

/** Throws a die with `sides` sides, counted from 0: Mulberry32 (Tommy Ettinger, 2017). */
export function throws(seed: number, count: number, sides: number): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((sides * ((mixed ^ (mixed >>> 14)) >>> 0)) / FACES);
  });
}

/** A kernel to start learning from: hundredths from −1 to 1. */
export function randomStart(count: number, seed: number): number[] {
  return throws(seed + RANDOM_START, count, 201).map((face) => (face - 100) / 100);
}
