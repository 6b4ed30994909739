/** Which terms of a long sum are written out. */
export interface SumFold {
  /** Products with a weight of zero are written too. */
  zeros: boolean;
  /** All terms are written, however many. */
  all: boolean;
}

export interface Folded {
  /** Indices of the terms that are written. */
  shown: number[];
  /** How many terms have a weight of zero and a finite value, so that they add nothing. */
  zeros: number;
  /** How many more terms there are. */
  rest: number;
  /** There are more terms than are written unasked. */
  long: boolean;
}

/** More terms than these are cut short. */
export const MANY_TERMS = 25;
const FIRST_TERMS = 8;

export function foldTerms(
  terms: readonly { value: number; weight: number }[],
  { zeros, all }: SumFold,
): Folded {
  const indices = terms.map((_, index) => index);
  const nothing = indices.filter((index) => {
    const { value, weight } = terms[index] as { value: number; weight: number };
    return weight === 0 && Number.isFinite(value);
  });
  const left = new Set(zeros ? [] : nothing);
  const wanted = indices.filter((index) => !left.has(index));
  const long = wanted.length > MANY_TERMS;
  const shown = long && !all ? wanted.slice(0, FIRST_TERMS) : wanted;
  return { shown, zeros: nothing.length, rest: wanted.length - shown.length, long };
}
