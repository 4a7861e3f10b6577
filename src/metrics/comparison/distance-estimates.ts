import type {DensityRecord, Estimate} from '../records.js';
import {combinedError} from '../statistics/estimate-arithmetic.js';
import {NORMAL_95, studentQuantile} from '../statistics/student-t.js';

/**
 * Distances of two densities, with standard errors from the probes of both.
 *
 * The jackknife: each probe of either density is left out in turn. A distance of two estimates is biased upwards, by
 * about its error if the densities are the same; that bias is subtracted, down to 0. The error is `null` if a
 * density has one probe only.
 *
 * Source: Quenouille (1956) for the bias; Efron & Stein (1981) for the error, for two independent samples.
 */
export function distanceEstimates(
  a: DensityRecord,
  b: DensityRecord,
  distances: (a: DensityRecord, b: DensityRecord) => readonly number[],
): Estimate[] {
  const withoutA = withoutEachProbe(a).map(part => distances(part, b));
  const withoutB = withoutEachProbe(b).map(part => distances(a, part));
  return distances(a, b).map((distance, which) => {
    const parts = [withoutA, withoutB].map(all => all.map(each => each[which]!));
    const bias = parts.reduce((sum, part) => sum + jackknifeBias(part, distance), 0);
    return {
      value: Math.max(0, distance - bias),
      // As much bias may be left as was found, because a distance has a kink where the densities are the same.
      standardError: combinedError([...parts.map(jackknifeError), bias / NORMAL_95]),
      probes: Math.min(a.nodes.length, b.nodes.length),
    };
  });
}

function withoutEachProbe({nodes, weights}: DensityRecord): DensityRecord[] {
  if (nodes.length < 2) return [];
  return nodes.map((_, i) => ({
    nodes: nodes.filter((_row, j) => j !== i),
    weights: weights.filter((_row, j) => j !== i),
  }));
}

/** How much larger the distance with n probes is on average than with infinitely many. */
function jackknifeBias(parts: readonly number[], whole: number): number {
  const n = parts.length;
  return n < 2 ? 0 : (n - 1) * (parts.reduce((sum, x) => sum + x, 0) / n - whole);
}

function jackknifeError(parts: readonly number[]): number | null {
  const n = parts.length;
  if (n < 2) return null;
  const mean = parts.reduce((sum, x) => sum + x, 0) / n;
  const scatter = parts.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return (Math.sqrt(((n - 1) / n) * scatter) * studentQuantile(n - 1)) / NORMAL_95;
}
