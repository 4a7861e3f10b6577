import type {Band} from '../answers.js';

/** A range of places in a column, without its end. */
export interface Bucket {
  readonly start: number;
  readonly end: number;
}

/** Splits a range evenly into at most `most` buckets. The last place has its own bucket. */
export function buckets(start: number, end: number, most: number): Bucket[] {
  if (end <= start) return [];
  const before = end - 1 - start;
  const count = Math.min(before, most - 1);
  const edge = (k: number) => start + Math.floor((before * k) / count);
  return [...Array.from({length: count}, (_, k) => ({start: edge(k), end: edge(k + 1)})), {start: end - 1, end}];
}

/** The newest value of each bucket, and the range of all its values with their errors, so that no spike is lost. */
export function bandOf(
  parts: readonly Bucket[],
  valueAt: (place: number) => number,
  errorAt: (place: number) => number = () => 0,
): Band {
  const value: (number | null)[] = [];
  const low: (number | null)[] = [];
  const high: (number | null)[] = [];
  for (const {start, end} of parts) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let place = start; place < end; place++) {
      const each = valueAt(place);
      if (Number.isNaN(each)) continue;
      const error = errorAt(place) || 0;
      least = Math.min(least, each - error);
      most = Math.max(most, each + error);
    }
    value.push(rounded(valueAt(end - 1)));
    low.push(rounded(least));
    high.push(rounded(most));
  }
  return {value, low, high};
}

/** Rounds to the digits that a picture can show. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
