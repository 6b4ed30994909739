/** Where numbers stand on a plot, and by what steps they are altered. */

/** A range about some numbers that holds zero, its ends round enough to stay while a value moves a little. */
export function roundRange(values: Iterable<number>): [number, number] {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return [0, 1];
  const step = roundStep((high - low) / 8);
  return [Math.floor(low / step + 1e-9) * step || 0, Math.ceil(high / step - 1e-9) * step];
}

/** 1, 2 or 5 times a power of ten: the least such that is not below `size`. */
export function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const share = size / power;
  const factor = share <= 1 + 1e-9 ? 1 : share <= 2 + 1e-9 ? 2 : share <= 5 + 1e-9 ? 5 : 10;
  return Number((factor * power).toPrecision(12));
}

/** The nearest multiple of a step, free of binary dust. */
export function snapTo(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toPrecision(12)) + 0;
}

/** A linear way from numbers to pixels. */
export function linear([low, high]: readonly [number, number], [from, to]: readonly [number, number]): (value: number) => number {
  const share = (to - from) / (high - low || 1);
  return (value) => from + (value - low) * share;
}
