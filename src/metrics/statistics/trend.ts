import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {finiteNumber, listOf, that} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';

/** Whether numbers rise or fall with time, with a significance test. */
export interface Trend {
  /** Kendall's τ with time: −1 = always falls, 1 = always rises. */
  readonly tau: number;
  /** The probability of a τ at least this far from 0 if there is no trend. */
  readonly pValue: number;
  /** Theil–Sen: the median slope of all pairs, per sample. */
  readonly slope: number;
  readonly direction: 'falls' | 'rises' | 'none';
}

/** Options of `trendOf`. */
export interface TrendArgs {
  /** A trend is significant if its p-value is below this. Default: 0.05. */
  readonly level?: number;
}

export const trendArgs = optionsOf<TrendArgs>('trendOf()')({
  level: optional(
    that<number>(
      value => typeof value === 'number' && value > 0 && value < 1,
      'a number between 0 and 1, such as 0.05',
    ),
    0.05,
  ),
});

const numbers = listOf(finiteNumber(), 'a list of at least two numbers', 2);

/** P(|Z| > z) of a standard normal (Abramowitz & Stegun, 7.1.26; 1e-7). */
function twoSidedTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return polynomial * Math.exp(-x * x);
}

/** The share of the n! orders whose |Σ_{i<j} sign(x_j − x_i)| is at least |s|. */
function exactTail(n: number, s: number): number {
  // An order of n numbers is one of n − 1 numbers, with the last inserted at one of n places, which adds 0 … n − 1 inversions.
  let chances = [1];
  for (let size = 2; size <= n; size++) {
    const next = new Array<number>(chances.length + size - 1).fill(0);
    chances.forEach((chance, inversions) => {
      for (let added = 0; added < size; added++) next[inversions + added]! += chance / size;
    });
    chances = next;
  }
  const pairs = (n * (n - 1)) / 2;
  return chances.reduce(
    (sum, chance, inversions) => sum + (Math.abs(pairs - 2 * inversions) >= Math.abs(s) ? chance : 0),
    0,
  );
}

/**
 * Tests whether some numbers, in the order of time, rise or fall: the Mann–Kendall test, with the Theil–Sen slope.
 *
 * It assumes nothing about their distribution, except that they are independent given the trend. Exact for up to 30 numbers
 * without ties, and a normal approximation with the correction for ties beyond.
 *
 * Source: Mann (1945); Kendall (1975); Sen (1968).
 *
 * @throws InvalidArgumentError for fewer than two numbers.
 * @example
 * const {direction, pValue} = trendOf(samples.map(({full}) => full.trace.value));
 */
export function trendOf(values: readonly number[], args?: TrendArgs): Trend {
  const {level} = trendArgs(args);
  return trendAmong(check('values', numbers, values), level);
}

/** The same without checks, for at least two numbers. */
export function trendAmong(values: readonly number[], level: number): Trend {
  const n = values.length;
  let s = 0;
  const slopes: number[] = [];
  for (let j = 1; j < n; j++) {
    for (let i = 0; i < j; i++) {
      s += Math.sign(values[j]! - values[i]!);
      slopes.push((values[j]! - values[i]!) / (j - i));
    }
  }
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ties = [...counts.values()].filter(count => count > 1);
  const pairs = (n * (n - 1)) / 2;
  const untied = pairs - ties.reduce((sum, t) => sum + (t * (t - 1)) / 2, 0);
  const variance = (n * (n - 1) * (2 * n + 5) - ties.reduce((sum, t) => sum + t * (t - 1) * (2 * t + 5), 0)) / 18;
  // The continuity correction: s changes in steps of two.
  const pValue =
    ties.length === 0 && n <= 30
      ? exactTail(n, s)
      : variance > 0
        ? Math.min(1, twoSidedTail(Math.max(0, Math.abs(s) - 1) / Math.sqrt(variance)))
        : 1;
  slopes.sort((a, b) => a - b);
  const slope = (slopes[(slopes.length - 1) >> 1]! + slopes[slopes.length >> 1]!) / 2;
  const direction = pValue >= level ? 'none' : s < 0 ? 'falls' : 'rises';
  return {tau: untied > 0 ? s / Math.sqrt(pairs * untied) : 0, pValue, slope, direction};
}
