import type {Summary} from '../harness/summary.js';

/** `1.23 [1.20, 1.31]`: the median and the quartiles. */
export function show({median, q1, q3}: Summary, digits = 2): string {
  const [m, low, high] = [median, q1, q3].map(value => value.toFixed(digits));
  return `${m} [${low}, ${high}]`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
