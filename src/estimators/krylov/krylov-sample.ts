// The Lanczos runs from which `spectralDensity` and `spectrum` compute everything.

import * as tf from '@tensorflow/tfjs-core';
import {turnIfDue} from '../../event-loop.js';
import type {Estimate, RitzValue} from '../../metrics/records.js';
import {deriveSeed, probeVector} from '../../random.js';
import type {Products} from '../products/products.js';
import {requireSymmetric} from '../products/symmetry.js';
import {QuadraticForms} from '../traces/quadratic-forms.js';
import {krylovTrace} from './krylov-trace.js';
import {lanczos} from './lanczos.js';
import {loneRitzValues} from './lone-eigenvalues.js';
import {gaussQuadrature, type QuadratureNode} from './quadrature.js';
import {RitzEnds} from './ritz-ends.js';
import type {WeightedTrace} from './weighted-trace.js';

/** The size limit of the Krylov bases that are held at the same time; one of them is always held. */
const MAX_BASIS_BYTES = 512 * 2 ** 20;

/** The most products that the spectrum of an operator of `size` dimensions takes. */
export function productsOf(
  size: number,
  {steps, probes, traceProbes}: Pick<KrylovSampleArgs, 'steps' | 'probes' | 'traceProbes'>,
): number {
  return size > steps ? probes * steps + traceProbes : size;
}

/** How many Lanczos runs on vectors of length `size` go in lock step. */
export function probesInLockStep(
  size: number,
  {steps, probes}: {readonly steps: number; readonly probes: number},
): number {
  return Math.max(1, Math.min(probes, Math.floor(MAX_BASIS_BYTES / (4 * size * (steps + 5)))));
}

/** Steps, probes and the number of eigenvalues at the ends. */
export interface KrylovSampleArgs {
  readonly steps: number;
  readonly probes: number;
  readonly seed: number;
  /** How many eigenvalues at either end; 0: none. */
  readonly k: number;
  /** The trace's error is at most that of so many Hutchinson probes; 0: trace and norm come from the runs' first products. */
  readonly traceProbes: number;
  /** Is given the vectors and products of the trace. */
  readonly weighted?: WeightedTrace | undefined;
  /** Whether the Ritz vectors of `largest` are wanted. */
  readonly vectors?: boolean;
}

/** What the Lanczos runs say of A / scale. */
export interface KrylovSample {
  /** The quadrature of each probe. */
  readonly rows: QuadratureNode[][];
  readonly trace: Estimate;
  /** ‖A‖_F² from the complement of a run; `null` if `traceProbes` is 0. */
  readonly squaredNorm: Estimate | null;
  readonly largest: RitzValue[];
  readonly smallest: RitzValue[];
  /** The Ritz vectors of `largest` as rows, `[k, n]`, in no order; the caller owns them. `null` if they are not wanted. */
  readonly topVectors: tf.Tensor2D | null;
}

/**
 * Lanczos from `probes` Rademacher vectors, as many in lock step as memory allows: `steps × probes` products, and at most
 * `traceProbes` more.
 *
 * Memory: (steps + 5) n floats for each probe in lock step, and 2 (k + 2) + 1 vectors for each finished probe.
 */
export async function krylovSample(
  products: Products,
  {steps, probes, seed, k, traceProbes, weighted, vectors = false}: KrylovSampleArgs,
): Promise<KrylovSample> {
  const {size} = products;
  const together = probesInLockStep(size, {steps, probes});
  const forms = new QuadraticForms(size);
  const ends = new RitzEnds(k);
  const rows: QuadratureNode[][] = [];
  let fromComplement: Awaited<ReturnType<typeof krylovTrace>> | undefined;
  try {
    for (let from = 0; from < probes; from += together) {
      const count = Math.min(together, probes - from);
      const start: Float32Array[] = [];
      for (let i = 0; i < count; i++) {
        await turnIfDue();
        start.push(probeVector(seed, from + i, size).map(x => x / Math.sqrt(size)));
      }
      // q = v / √n, so that the first products also give the trace and its error.
      const inspectFirst = async (q: tf.Tensor2D, product: tf.Tensor2D): Promise<void> => {
        const probe = tf.tidy(() => ({
          v: tf.keep(tf.mul(q, Math.sqrt(size)) as tf.Tensor2D),
          image: tf.keep(tf.mul(product, Math.sqrt(size)) as tf.Tensor2D),
        }));
        try {
          await forms.add(probe.v, probe.image);
          await weighted?.addProbes(probe.v, probe.image);
        } finally {
          probe.v.dispose();
          probe.image.dispose();
        }
      };
      const inspect = traceProbes > 0 ? undefined : inspectFirst;
      const result = await lanczos(products, start, steps, deriveSeed(seed, 'lanczos', from), inspect);
      try {
        for (const {asymmetry, norm} of result.runs) if (norm > 0) requireSymmetric(asymmetry / norm);
        const lone = await loneRitzValues(result);
        rows.push(...result.runs.map((run, i) => gaussQuadrature(run, lone[i]!, size)));
        await turnIfDue();
        if (k > 0) ends.add(result);
        if (traceProbes > 0) {
          const complement = {asProbes: traceProbes, seed: deriveSeed(seed, 'trace')};
          fromComplement ??= await krylovTrace(products, result, complement, weighted);
        }
      } finally {
        result.basis.dispose();
      }
    }
    const {largest, smallest, topVectors} =
      k > 0 ? await ends.solve(vectors) : {largest: [], smallest: [], topVectors: null};
    const {trace, squaredNorm} = fromComplement ?? {trace: await forms.estimate(), squaredNorm: null};
    return {rows, trace, squaredNorm, largest, smallest, topVectors};
  } finally {
    forms.dispose();
    ends.dispose();
  }
}
