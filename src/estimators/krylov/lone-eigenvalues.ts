// Finds the Ritz values that stand for exactly one eigenvalue each.
//
// A probe q gives a simple eigenvalue λ with the unit eigenvector y the weight (q · y)², which is 1/n on average but
// varies much. Its true share of the spectrum is exactly 1/n. That λ is simple can be tested: every probe's Krylov
// space then has the same Ritz vector for it. In an eigenspace of two or more dimensions, each probe finds another
// vector.

import * as tf from '@tensorflow/tfjs-core';
import {readRows} from '../linalg/read-rows.js';
import type {LanczosResult, LanczosRun} from './lanczos.js';

/** A Ritz vector has converged if its residual is at most this part of the distance to the next Ritz value. */
const CONVERGED = 3e-3;

/** Unit vectors count as the same if the magnitude of their inner product is at least this. */
const SAME = 1 - 1e-4;

/** The size limit of the Ritz vectors that are compared. */
const MAX_BYTES = 128 * 2 ** 20;

/**
 * For each run, the positions of the Ritz values that stand for one eigenvalue; none for a single run. One read.
 *
 * Memory: a vector for each Ritz value that has converged, up to 128 MiB in all.
 */
export async function loneRitzValues({runs, basis}: LanczosResult): Promise<ReadonlySet<number>[]> {
  const none = runs.map(() => new Set<number>());
  if (runs.length < 2) return none;
  const most = Math.max(1, Math.floor(MAX_BYTES / (4 * basis.size * runs.length)));
  const candidates = runs.map(run => convergedOf(run).slice(0, most));
  if (candidates.some(({length}) => length === 0)) return none;
  const vectors = tf.keep(basis.combine(runs.map(({ritz}, r) => candidates[r]!.map(i => ritz.vectors[i]!))));
  try {
    const first = candidates[0]!.length;
    // Inner products of the first run's vectors with those of all runs.
    const gram = await readRows(() => tf.matMul(tf.slice(vectors, [0, 0], [first, -1]), vectors, false, true));
    candidates[0]!.forEach((own, row) => {
      let offset = first;
      const partners = candidates.slice(1).map(others => {
        const at = others.findIndex((_, i) => Math.abs(gram[row]![offset + i]!) >= SAME);
        offset += others.length;
        return at < 0 ? null : others[at]!;
      });
      if (partners.includes(null)) return;
      [own, ...partners].forEach((position, run) => {
        none[run]!.add(position!);
      });
    });
    return none;
  } finally {
    vectors.dispose();
  }
}

/** Positions of the Ritz values that have converged, the largest magnitudes first. */
function convergedOf({ritz: {values, vectors}, residual}: LanczosRun): number[] {
  return values
    .map((_, i) => i)
    .filter(i => {
      const gap = Math.min(
        values[i]! - (values[i - 1] ?? Number.NEGATIVE_INFINITY),
        (values[i + 1] ?? Number.POSITIVE_INFINITY) - values[i]!,
      );
      return Math.abs(residual * vectors[i]!.at(-1)!) <= CONVERGED * gap;
    })
    .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
}
