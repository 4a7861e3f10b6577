import type * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../../metrics/records.js';
import {eachProbeBlock, type Multiply} from '../products/probe-blocks.js';
import {QuadraticForms} from './quadratic-forms.js';

/** When to stop spending products. */
export interface Stopping {
  /** Products to begin with. */
  readonly probes: number;
  /** Whether an estimate is good enough, beside what is known of ‖A‖_F²; if not, more products follow … */
  readonly isEnough: (estimate: Estimate, squaredNorm: number) => boolean;
  /** … up to this many. */
  readonly maxProbes: number;
}

/** How many probes to have next, when `done` were not enough: half as many again. */
export function nextProbes(done: number, maxProbes: number): number {
  return Math.min(maxProbes, done + Math.max(1, done >> 1));
}

/** Looks on while probes are added. */
export interface HutchinsonHooks {
  /**
   * Sees the first probes V with A V where they are not enough, their estimate and that of ‖A‖_F². What it returns is
   * the result; `null`: go on. It is not called where the first probes do not fit into one block.
   */
  readonly onFirst?: (
    v: tf.Tensor2D,
    product: tf.Tensor2D,
    estimate: Estimate,
    squaredNorm: number,
  ) => Promise<Estimate | null>;
  /** Is told what the products lack in symmetry, in parts of their size, before each estimate. */
  readonly onAsymmetry?: (asymmetry: number) => void;
  /** Sees all probes before they are given back. */
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
  {onFirst, onDone, onAsymmetry}: HutchinsonHooks = {},
): Promise<Estimate> {
  const forms = new QuadraticForms(size);
  let result: Estimate | null = null;
  try {
    for (let done = 0, wanted = probes; ; wanted = nextProbes(done, maxProbes)) {
      await eachProbeBlock({multiply, size, seed, from: done, to: wanted}, async (v, product) => {
        await forms.add(v, product);
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
