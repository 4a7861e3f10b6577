import {type Atom, atoms, largestMagnitude} from '../density.js';
import {requireDensity} from '../record-schemas.js';
import type {DensityRecord, Estimate, SpectralSimilarity} from '../records.js';
import {distanceEstimates} from './distance-estimates.js';

/** A density's atoms scaled so that the largest magnitude is one (the zero operator stays zero). */
export function unitAtoms(record: DensityRecord): Atom[] {
  const scale = largestMagnitude(record) || 1;
  return atoms(record).map(({node, weight}) => ({node: node / scale, weight}));
}

/**
 * The Wasserstein-1 distance of two distributions on the line, ∫ |F(x) − G(x)| dx: the mean distance that mass must be moved.
 *
 * Exact for discrete distributions (Vallender, 1974).
 */
export function wassersteinDistance(a: readonly Atom[], b: readonly Atom[]): number {
  const steps = [
    ...a.map(({node, weight}) => ({node, weight})),
    ...b.map(({node, weight}) => ({node, weight: -weight})),
  ].sort((x, y) => x.node - y.node);
  let distance = 0;
  let difference = 0;
  for (let i = 0; i + 1 < steps.length; i++) {
    difference += steps[i]!.weight;
    distance += Math.abs(difference) * (steps[i + 1]!.node - steps[i]!.node);
  }
  return distance;
}

/** Densities are compared after smoothing with this standard deviation, in units of the largest magnitude. */
const JENSEN_SHANNON_BANDWIDTH = 0.02;

function smoothed(distribution: readonly Atom[], grid: readonly number[]): number[] {
  const mass = grid.map(x =>
    distribution.reduce(
      (sum, {node, weight}) => sum + weight * Math.exp(-0.5 * ((x - node) / JENSEN_SHANNON_BANDWIDTH) ** 2),
      0,
    ),
  );
  const total = mass.reduce((sum, m) => sum + m, 0);
  return mass.map(m => m / total);
}

/**
 * The Jensen–Shannon divergence of two distributions on [−1, 1], in bits: 0 = the same, 1 = apart (Lin, 1991).
 *
 * Both are smoothed with a Gaussian of standard deviation 0.02 first, because two sets of atoms hardly ever share a point.
 */
export function jensenShannonDivergence(a: readonly Atom[], b: readonly Atom[]): number {
  const spacing = JENSEN_SHANNON_BANDWIDTH / 2;
  const grid = Array.from({length: Math.round(2.2 / spacing) + 1}, (_, i) => -1.1 + i * spacing);
  const p = smoothed(a, grid);
  const q = smoothed(b, grid);
  const entropy = (x: number): number => (x > 0 ? -x * Math.log2(x) : 0);
  const divergence = p.reduce((sum, x, i) => sum + entropy((x + q[i]!) / 2) - (entropy(x) + entropy(q[i]!)) / 2, 0);
  return Math.min(1, Math.max(0, divergence));
}

/**
 * Distances between two spectral densities, each scaled to unit largest magnitude; 0 = the same shape.
 *
 * Both compare the positions of eigenvalues. The code of Sankar et al. (AAAI 2021) compares sets of density values instead, in which
 * positions have no part.
 *
 * @example
 * const {wasserstein, jensenShannon} = similarity(layer.density, full.density);
 */
export function similarity(a: DensityRecord, b: DensityRecord): SpectralSimilarity {
  requireDensity(a, 'a');
  requireDensity(b, 'b');
  return distances(a, b);
}

function distances(a: DensityRecord, b: DensityRecord): SpectralSimilarity {
  const [x, y] = [unitAtoms(a), unitAtoms(b)];
  return {wasserstein: wassersteinDistance(x, y), jensenShannon: jensenShannonDivergence(x, y)};
}

/** The distances of `similarity` with their errors. */
export interface SimilarityEstimate {
  readonly wasserstein: Estimate;
  readonly jensenShannon: Estimate;
}

/**
 * The distances of `similarity`, with standard errors from the probes of both densities.
 *
 * The jackknife: each probe of either density is left out in turn. A distance of two estimates is biased upwards, by
 * about its error if the densities are the same; that bias is subtracted, down to 0. The error is `null` if a
 * density has one probe only.
 *
 * Source: Quenouille (1956) for the bias; Efron & Stein (1981) for the error, for two independent samples.
 *
 * @example
 * const {wasserstein} = similarityEstimate(layer.density, full.density);
 */
export function similarityEstimate(a: DensityRecord, b: DensityRecord): SimilarityEstimate {
  requireDensity(a, 'a');
  requireDensity(b, 'b');
  const [wasserstein, jensenShannon] = distanceEstimates(a, b, (x, y) => {
    const found = distances(x, y);
    return [found.wasserstein, found.jensenShannon];
  });
  return {wasserstein: wasserstein!, jensenShannon: jensenShannon!};
}
