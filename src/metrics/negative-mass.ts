import {largestMagnitude, NODE_TOLERANCE} from './density.js';
import {requireDensity} from './record-schemas.js';
import type {DensityRecord} from './records.js';

/**
 * The share of eigenvalues below zero of a stored density, to within float32's resolution: 0 to 1.
 *
 * `spectrum` has an estimate with an error, which also accounts for the two nodes next to zero.
 *
 * Source: the index of a critical point, as in Dauphin et al. (2014).
 *
 * @example
 * const share = negativeMass(sample.full.density);
 */
export function negativeMass(record: DensityRecord): number {
  requireDensity(record);
  const zero = NODE_TOLERANCE * largestMagnitude(record);
  const rows = record.nodes.map((row, i) =>
    row.reduce((sum, node, j) => sum + (node < -zero ? record.weights[i]![j]! : 0), 0),
  );
  return rows.reduce((sum, share) => sum + share, 0) / rows.length;
}
