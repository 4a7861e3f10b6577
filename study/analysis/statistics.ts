import {studentQuantile} from '../../src/metrics/statistics/student-t.js';

/** A mean over seeds with its 95 % interval (Student's t) and its p-value for a true mean of zero. */
export interface MeanInterval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** Two-sided, not corrected for other comparisons; 1 for fewer than two values. */
  readonly p: number;
  readonly n: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  const m = mean(values);
  if (n < 2) return {mean: m, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, p: 1, n};
  return interval(m, Math.sqrt(variance(values) / n), n - 1, n);
}

/**
 * The mean of the means of some groups, with equal weights for all sizes. The groups are fixed; only the seeds within them are
 * random (Welch & Satterthwaite's degrees of freedom).
 */
export function pooledInterval(groups: readonly (readonly number[])[]): MeanInterval {
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  const m = mean(groups.map(mean));
  if (groups.some(group => group.length < 2)) return {...meanInterval([m]), n};
  const parts = groups.map(group => variance(group) / group.length / groups.length ** 2);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const degrees = total ** 2 / groups.reduce((sum, group, i) => sum + parts[i]! ** 2 / (group.length - 1), 0);
  return interval(m, Math.sqrt(total), degrees, n);
}

/** The mean of one sample less that of another, of which only mean, deviation (with n − 1) and size are known (Welch). */
export function differenceOfMeans(one: Sample, other: Sample): MeanInterval {
  const parts = [one, other].map(({deviation, n}) => ({square: deviation ** 2 / n, n}));
  const total = parts.reduce((sum, {square}) => sum + square, 0);
  const degrees = total ** 2 / parts.reduce((sum, {square, n}) => sum + square ** 2 / (n - 1), 0);
  return interval(one.mean - other.mean, Math.sqrt(total), degrees, one.n + other.n);
}

export interface Sample {
  readonly mean: number;
  readonly deviation: number;
  readonly n: number;
}

function interval(m: number, error: number, degrees: number, n: number): MeanInterval {
  if (Number.isNaN(error)) return {mean: m, lower: m, upper: m, p: 1, n};
  if (error === 0) return {mean: m, lower: m, upper: m, p: m === 0 ? 1 : 0, n};
  const reach = studentQuantile(degrees) * error;
  return {mean: m, lower: m - reach, upper: m + reach, p: tailOf(Math.abs(m) / error, degrees), n};
}

/** The interval of the exponential: of logarithms to ratios. */
export function exponential({mean: m, lower, upper, ...rest}: MeanInterval): MeanInterval {
  return {mean: Math.exp(m), lower: Math.exp(lower), upper: Math.exp(upper), ...rest};
}

/** Of a sample, with n − 1. */
export function standardDeviation(values: readonly number[]): number {
  return Math.sqrt(variance(values));
}

function variance(values: readonly number[]): number {
  const m = mean(values);
  return values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1);
}

/** The two-sided tail of Student's t beyond a value: its quantile, inverted by bisection. */
export function tailOf(t: number, degrees: number): number {
  let [low, high] = [-30, 0]; // log₁₀ of the tail
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentQuantile(degrees, 10 ** middle) > t) low = middle;
    else high = middle;
  }
  return 10 ** high;
}

/** Holm's (1979) adjustment of p-values for multiple comparisons, in the given order. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const adjusted = new Array<number>(values.length);
  let most = 0;
  order.forEach((place, i) => {
    most = Math.max(most, Math.min(1, (values.length - i) * values[place]!));
    adjusted[place] = most;
  });
  return adjusted;
}

/**
 * The p-value of the middle layers' mean rank over some trainings, if all layers are alike, so that every order of a training's
 * layers is equally likely. Exact and two-sided.
 */
export function rankChance(ranks: readonly number[], layers: number, middle: 1 | 2): number {
  // Twice the rank, so that it is a whole number for one layer and for the mean of two.
  const one = new Map<number, number>();
  for (let i = 1; i <= layers; i++) {
    if (middle === 1) one.set(2 * i, 1 / layers);
    else {
      for (let j = 1; j <= layers; j++) {
        if (i !== j) one.set(i + j, (one.get(i + j) ?? 0) + 1 / (layers * (layers - 1)));
      }
    }
  }
  let sum = new Map([[0, 1]]);
  for (const _ of ranks) {
    const next = new Map<number, number>();
    for (const [a, p] of sum) for (const [b, q] of one) next.set(a + b, (next.get(a + b) ?? 0) + p * q);
    sum = next;
  }
  const center = ranks.length * (layers + 1);
  const observed = Math.abs(2 * ranks.reduce((total, rank) => total + rank, 0) - center);
  let chance = 0;
  for (const [value, p] of sum) if (Math.abs(value - center) >= observed - 1e-9) chance += p;
  return Math.min(1, chance);
}
