import {type Atom, atoms, largestMagnitude} from '../density.js';
import {requireDensity} from '../record-schemas.js';
import type {DensityRecord, Estimate, SpectralSimilarity} from '../records.js';
import {combinedError} from '../statistics/estimate-arithmetic.js';
import {NORMAL_95, studentQuantile} from '../statistics/student-t.js';

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
 * Sankar et al. (AAAI 2021) compare a layer's spectrum with the whole network's by eye; these two numbers measure it.
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
  const whole = similarity(a, b);
  const withoutA = withoutEachProbe(a).map(part => distances(part, b));
  const withoutB = withoutEachProbe(b).map(part => distances(a, part));
  const estimate = (distance: number, of: (s: SpectralSimilarity) => number): Estimate => {
    const parts = [withoutA.map(of), withoutB.map(of)];
    const bias = parts.reduce((sum, part) => sum + jackknifeBias(part, distance), 0);
    const value = Math.max(0, distance - bias);
    return {
      value,
      // As much bias may be left as was found, because the distance has a kink where the densities are the same.
      standardError: combinedError([...parts.map(jackknifeError), bias / NORMAL_95]),
      probes: Math.min(a.nodes.length, b.nodes.length),
    };
  };
  return {
    wasserstein: estimate(whole.wasserstein, s => s.wasserstein),
    jensenShannon: estimate(whole.jensenShannon, s => s.jensenShannon),
  };
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
