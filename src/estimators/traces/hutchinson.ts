import type * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../../metrics/records.js';
import {eachProbeBlock, type Multiply} from '../products/probe-blocks.js';
import {QuadraticForms} from './quadratic-forms.js';

/** When to stop adding probes. */
export interface Stopping {
  /** Products to begin with. */
  readonly probes: number;
  /** Whether an estimate is good enough, given an estimate of ‖A‖_F²; if not, more products follow … */
  readonly isEnough: (estimate: Estimate, squaredNorm: number) => boolean;
  /** … up to this many. */
  readonly maxProbes: number;
}

/** The next number of probes if `done` were not enough: half as many again. */
export function nextProbes(done: number, maxProbes: number): number {
  return Math.min(maxProbes, done + Math.max(1, done >> 1));
}

/** Called while probes are added. */
export interface HutchinsonHooks {
  /**
   * Is called with the first probes V and A V if they are not enough, with their estimate and that of ‖A‖_F². It
   * returns the result, or `null` to go on. It is not called if the first probes do not fit into one block.
   */
  readonly onFirst?: (
    v: tf.Tensor2D,
    product: tf.Tensor2D,
    estimate: Estimate,
    squaredNorm: number,
  ) => Promise<Estimate | null>;
  /** Is called with the relative asymmetry of the products before each estimate. */
  readonly onAsymmetry?: (asymmetry: number) => void;
  /** Is called with each block of probes V and A V, `[c, size]` each. */
  readonly onProbes?: (v: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>;
  /** Is called with all probes before they are disposed of. */
  readonly onDone?: (forms: QuadraticForms) => void;
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
  {onFirst, onProbes, onDone, onAsymmetry}: HutchinsonHooks = {},
): Promise<Estimate> {
  const forms = new QuadraticForms(size);
  let result: Estimate | null = null;
  try {
    for (let done = 0, wanted = probes; ; wanted = nextProbes(done, maxProbes)) {
      await eachProbeBlock({multiply, size, seed, from: done, to: wanted}, async (v, product) => {
        await forms.add(v, product);
        await onProbes?.(v, product);
        if (done > 0 || v.shape[0] < probes || !onFirst) return;
        const estimate = await forms.estimate();
        const {value: squaredNorm} = forms.squaredNorm();
        if (!isEnough(estimate, squaredNorm)) result = await onFirst(v, product, estimate, squaredNorm);
      });
      done = wanted;
      if (result !== null) return result;
      onAsymmetry?.(forms.asymmetry);
      const estimate = await forms.estimate();
      if (!isEnough(estimate, forms.squaredNorm().value) && done < maxProbes) continue;
      onDone?.(forms);
      return estimate;
    }
  } finally {
    forms.dispose();
  }
}
