import {check} from '../../arguments/check.js';
import {listOf, wholeNumber} from '../../arguments/kinds.js';
import {InvalidArgumentError} from '../../errors.js';
import {type Atom, atoms, largestMagnitude} from '../density.js';
import {requireDensities} from '../record-schemas.js';
import type {DensityRecord} from '../records.js';
import {jensenShannonDivergence} from './similarity.js';

/** Each block is scaled by its eigenvalue of this rank, as in the figures of Zhang et al. */
const SCALE_RANK = 10;

const sizes = listOf(wholeNumber(), "a list of the blocks' numbers of parameters");

/** The eigenvalue of rank 10 from the top; the largest magnitude if there are fewer, or if it is not positive. */
function scaleOf(record: DensityRecord, parameters: number): number {
  let rank = 0;
  for (const {node, weight} of atoms(record).reverse()) {
    rank += weight * parameters;
    // Half a rank is what rounding of the weights may take.
    if (rank >= SCALE_RANK - 0.5) return node > 0 ? node : largestMagnitude(record) || 1;
  }
  return largestMagnitude(record) || 1;
}

/** Atoms in units of the tenth largest eigenvalue; those beyond it, on both sides, lie at ±1. */
function normalized(record: DensityRecord, parameters: number): Atom[] {
  const scale = scaleOf(record, parameters);
  return atoms(record).map(({node, weight}) => ({node: Math.max(-1, Math.min(1, node / scale)), weight}));
}

const distance = (a: readonly Atom[], b: readonly Atom[]): number => Math.sqrt(jensenShannonDivergence(a, b));

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function normalizedAll(densities: readonly DensityRecord[], parameters: readonly number[] | undefined): Atom[][] {
  requireDensities(densities);
  const given =
    parameters === undefined ? densities.map(({nodes}) => nodes[0]!.length) : check('parameters', sizes, parameters);
  if (given.length !== densities.length) {
    throw new InvalidArgumentError(
      `There are ${given.length} numbers of parameters for ${densities.length} densities; each needs one.`,
    );
  }
  return densities.map((record, i) => normalized(record, given[i]!));
}

/**
 * How much the shapes of blocks' spectra differ: the mean Jensen–Shannon distance of all pairs of densities, each in units of its
 * own tenth largest eigenvalue.
 *
 * The distance is the root of the divergence in bits: 0 = all the same, 1 = no overlap. NaN for fewer than two blocks. Eigenvalues
 * beyond the tenth count as equal to it. Transformers are heterogeneous and convolutional networks are not, which goes along with
 * Adam's advantage over SGD.
 *
 * @param parameters the blocks' dimensions. Default: as many as there are nodes in a row, as exact spectra have them.
 *
 * Source: Zhang, Chen, Ding, Li, Sun & Luo (2024), section 2 for the distance, figure 3 for the scale.
 *
 * @example
 * const spread = heterogeneity(layers.map(({density}) => density), layers.map(({parameters}) => parameters));
 */
export function heterogeneity(densities: readonly DensityRecord[], parameters?: readonly number[]): number {
  const blocks = normalizedAll(densities, parameters);
  const pairs = blocks.flatMap((a, i) => blocks.slice(i + 1).map(b => distance(a, b)));
  return pairs.length === 0 ? Number.NaN : mean(pairs);
}

/** One block's mean distance from each of the others; NaN if there is no other. Otherwise as `heterogeneity`. */
export function heterogeneityOf(
  densities: readonly DensityRecord[],
  parameters: readonly number[],
  index: number,
): number {
  if (!densities[index]) return Number.NaN;
  const blocks = normalizedAll(densities, parameters);
  const others = blocks.filter((_, i) => i !== index).map(other => distance(blocks[index]!, other));
  return others.length === 0 ? Number.NaN : mean(others);
}
