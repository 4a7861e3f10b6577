import {type Atom, atoms, largestMagnitude} from '../density.js';
import {requireDensities} from '../record-schemas.js';
import type {DensityRecord} from '../records.js';
import {jensenShannonDivergence} from './similarity.js';

/** All densities' atoms in units of the largest magnitude among them: what is compared is scale as well as shape. */
function onCommonScale(densities: readonly DensityRecord[]): Atom[][] {
  const scale = Math.max(...densities.map(largestMagnitude)) || 1;
  return densities.map(record => atoms(record).map(({node, weight}) => ({node: node / scale, weight})));
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/**
 * How much blocks' spectra differ: the mean Jensen–Shannon divergence, in bits, of all pairs of densities on a common
 * scale.
 *
 * 0 = all the same, 1 = none overlap. NaN for fewer than two blocks. Transformers are heterogeneous and convolutional
 * networks are not, which goes along with Adam's advantage over SGD.
 *
 * Source: Zhang, Chen, Ding, Li, Sun & Luo (2024), section 2.
 *
 * ```ts
 * const spread = heterogeneity(layers.map(({density}) => density));
 * ```
 */
export function heterogeneity(densities: readonly DensityRecord[]): number {
  requireDensities(densities);
  const scaled = onCommonScale(densities);
  const pairs = scaled.flatMap((a, i) => scaled.slice(i + 1).map(b => jensenShannonDivergence(a, b)));
  return pairs.length === 0 ? Number.NaN : mean(pairs);
}

/**
 * How much one block's spectrum differs from the others': the mean Jensen–Shannon divergence, in bits, from each of
 * them.
 *
 * NaN where there is no other. Source: as `heterogeneity`.
 */
export function heterogeneityOf(densities: readonly DensityRecord[], index: number): number {
  if (!densities[index]) return Number.NaN;
  const scaled = onCommonScale(densities);
  const others = scaled.filter((_, i) => i !== index).map(other => jensenShannonDivergence(scaled[index]!, other));
  return others.length === 0 ? Number.NaN : mean(others);
}
