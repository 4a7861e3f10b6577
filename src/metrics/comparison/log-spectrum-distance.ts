import {type Atom, atoms, largestMagnitude} from '../density.js';
import {requireDensity} from '../record-schemas.js';
import type {DensityRecord, Estimate} from '../records.js';
import {distanceEstimates} from './distance-estimates.js';
import {wassersteinDistance} from './similarity.js';

/** Eigenvalues below 10^−4 of the largest magnitude count as that. */
const FLOOR = -4;

/** log₁₀(|λ| / |λ|_max), weighted by λ². The zero operator has all its mass at the floor. */
function logAtoms(record: DensityRecord): Atom[] {
  const scale = largestMagnitude(record);
  if (scale === 0) return [{node: FLOOR, weight: 1}];
  const all = atoms(record).map(({node, weight}) => ({
    node: node === 0 ? FLOOR : Math.max(FLOOR, Math.log10(Math.abs(node) / scale)),
    weight: weight * (node / scale) ** 2,
  }));
  const total = all.reduce((sum, {weight}) => sum + weight, 0);
  return all.map(({node, weight}) => ({node, weight: weight / total}));
}

/**
 * How differently two spectra decay, in powers of ten: the Wasserstein-1 distance of log₁₀(|λ| / |λ|_max), each eigenvalue weighted
 * by λ².
 *
 * 0 = the same decay, 4 at most. `similarity` weighs all eigenvalues equally and thus mostly counts outliers: the same ten outliers
 * above 50 and above 2000 small eigenvalues are far apart there, and here they are the same. Signs do not matter.
 *
 * @throws InvalidArgumentError for a record that is no density.
 * @example
 * const distance = logSpectrumDistance(layer.density, full.density);
 */
export function logSpectrumDistance(a: DensityRecord, b: DensityRecord): number {
  requireDensity(a, 'a');
  requireDensity(b, 'b');
  return distance(a, b);
}

const distance = (a: DensityRecord, b: DensityRecord): number => wassersteinDistance(logAtoms(a), logAtoms(b));

/**
 * `logSpectrumDistance` with a standard error from the probes of both densities, and without the part of the distance that is noise:
 * `value ± 1.96 standardError` is a 95 % interval that may reach 0.
 *
 * The jackknife, as in `similarityEstimate`. The error is `null` if a density has one probe only.
 *
 * @throws InvalidArgumentError for a record that is no density.
 * @example
 * const {value, standardError} = logSpectrumDistanceEstimate(layer.density, full.density);
 */
export function logSpectrumDistanceEstimate(a: DensityRecord, b: DensityRecord): Estimate {
  requireDensity(a, 'a');
  requireDensity(b, 'b');
  return distanceEstimates(a, b, (x, y) => [distance(x, y)])[0]!;
}
