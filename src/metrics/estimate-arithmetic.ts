// First-order propagation of independent errors ("delta method"). `null`, an unknown error, stays unknown.

import type {Estimate} from './records.js';

/** The error of a sum of independent parts; `null` where one of them is not known. */
export function combinedError(parts: readonly (number | null)[]): number | null {
  return parts.includes(null) ? null : Math.hypot(...parts.map(Number));
}

/** a / b, with δ(a/b)² = (δa / b)² + (a δb / b²)²; NaN where b is 0. */
export function ratio(a: Estimate, b: Estimate): Estimate {
  const value = b.value === 0 ? Number.NaN : a.value / b.value;
  const standardError = combinedError([
    a.standardError === null ? null : a.standardError / b.value,
    b.standardError === null ? null : (value * b.standardError) / b.value,
  ]);
  return {value, standardError, probes: Math.min(a.probes, b.probes)};
}

/** a², with δ(a²) = 2 |a| δa. */
export function square({value, standardError, probes}: Estimate): Estimate {
  return {
    value: value * value,
    standardError: standardError === null ? null : 2 * Math.abs(value) * standardError,
    probes,
  };
}

/** c a. */
export function scaled({value, standardError, probes}: Estimate, factor: number): Estimate {
  return {
    value: value * factor,
    standardError: standardError === null ? null : standardError * Math.abs(factor),
    probes,
  };
}
