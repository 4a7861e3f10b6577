// Propagation of independent errors. An unknown error, `null`, makes the result's unknown.

import type {Estimate} from '../records.js';
import {NORMAL_95} from './student-t.js';

/** The error of a sum of independent parts; `null` if one of them is not known. */
export function combinedError(parts: readonly (number | null)[]): number | null {
  return parts.includes(null) ? null : Math.hypot(...parts.map(Number));
}

/** The sum of independent estimates. */
export function sumOf(parts: readonly Estimate[]): Estimate {
  return {
    value: parts.reduce((sum, {value}) => sum + value, 0),
    standardError: combinedError(parts.map(({standardError}) => standardError)),
    probes: parts.reduce((sum, {probes}) => sum + probes, 0),
  };
}

/** The mean of two independent estimates of one number, weighted by their inverse variances; `a` if an error is not known. */
export function weightedMean(a: Estimate, b: Estimate): Estimate {
  if (a.standardError === null || b.standardError === null || a.standardError === 0) return a;
  const variance = a.standardError ** 2 + b.standardError ** 2;
  const weight = b.standardError ** 2 / variance;
  return {
    value: weight * a.value + (1 - weight) * b.value,
    standardError: (a.standardError * b.standardError) / Math.sqrt(variance),
    probes: a.probes + b.probes,
  };
}

/** Both ends of a 95 % interval. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The 95 % interval of a / b for independent errors: all r for which a − r b may be 0 (Fieller, 1954). `null` if it
 * is unbounded, because b may be 0, or if an error is not known.
 */
export function ratioInterval(a: Estimate, b: Estimate): Interval | null {
  if (a.standardError === null || b.standardError === null) return null;
  // (b² − B²) r² − 2 a b r + (a² − A²) ≤ 0, where A and B are the half widths of the intervals of a and b.
  const leading = b.value ** 2 - (NORMAL_95 * b.standardError) ** 2;
  if (!(leading > 0)) return null;
  const middle = (a.value * b.value) / leading;
  const reach = Math.sqrt(Math.max(0, middle ** 2 - (a.value ** 2 - (NORMAL_95 * a.standardError) ** 2) / leading));
  return {lower: middle - reach, upper: middle + reach};
}

/** An estimate whose `value ± 1.96 standardError` covers an interval; `null`: the error is not known. */
export function fromInterval(value: number, interval: Interval | null, probes: number): Estimate {
  const standardError =
    interval === null ? null : Math.max(interval.upper - value, value - interval.lower, 0) / NORMAL_95;
  return {value, standardError, probes};
}

/** a / b with the error of Fieller's interval; NaN if b is 0. */
export function ratio(a: Estimate, b: Estimate): Estimate {
  const value = b.value === 0 ? Number.NaN : a.value / b.value;
  return fromInterval(value, ratioInterval(a, b), Math.min(a.probes, b.probes));
}

/** c a. */
export function scaled({value, standardError, probes}: Estimate, factor: number): Estimate {
  return {
    value: value * factor,
    standardError: standardError === null ? null : standardError * Math.abs(factor),
    probes,
  };
}
