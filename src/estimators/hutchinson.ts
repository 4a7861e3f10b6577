import type {Estimate} from '../metrics/records.js';
import {eachProbeBlock, type Multiply} from './probe-blocks.js';
import {QuadraticForms} from './quadratic-forms.js';

/** When to stop spending products. */
export interface Stopping {
  /** Products to begin with. */
  readonly probes: number;
  /** Whether an estimate is good enough; if not, more products follow … */
  readonly isEnough: (estimate: Estimate) => boolean;
  /** … up to this many. */
  readonly maxProbes: number;
}

/** How many probes to have next, when `done` were not enough: half as many again. */
export function nextProbes(done: number, maxProbes: number): number {
  return Math.min(maxProbes, done + Math.max(1, done >> 1));
}

/**
 * Hutchinson's estimate of the trace of a symmetric operator: tr A = E[vᵀ A v] for Rademacher probes v.
 *
 * Its variance is 2 (‖A‖_F² − ‖diag A‖²) / N; the standard error comes from the coordinates' spread (see
 * `quadratic-forms.ts`). One product a probe.
 *
 * Source: Hutchinson (1989); Avron & Toledo (2011) for the variance.
 */
export async function hutchinson(
  multiply: Multiply,
  size: number,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const forms = new QuadraticForms();
  try {
    for (let done = 0, wanted = probes; ; wanted = nextProbes(done, maxProbes)) {
      await eachProbeBlock({multiply, size, seed, from: done, to: wanted}, (v, product) => forms.add(v, product));
      done = wanted;
      const estimate = await forms.estimate();
      if (isEnough(estimate) || done >= maxProbes) return estimate;
    }
  } finally {
    forms.dispose();
  }
}
