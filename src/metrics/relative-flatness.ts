import {check} from '../arguments/check.js';
import {numberFrom, orNull} from '../arguments/kinds.js';
import {estimateSchema} from './record-schemas.js';
import type {Estimate} from './records.js';
import {scaled} from './statistics/estimate-arithmetic.js';

/**
 * Flatness that does not change when a layer is scaled up and the next one down: ‖w‖² tr H_w of a layer's weights.
 *
 * For positive semidefinite H_w an upper bound of Petzka's relative flatness, Σ_ij ⟨w_i, w_j⟩ tr H_ij over the layer's
 * neurons, which has the cross terms too; NaN if ‖w‖ is not known.
 *
 * Source: Petzka, Kamp, Adilova, Sminchisescu & Boley (2021), definition 3.
 *
 * @example
 * const {value} = relativeFlatness(layer.trace, Math.hypot(...weights));
 */
export function relativeFlatness(trace: Estimate, weightNorm: number | null | undefined): Estimate {
  check('trace', estimateSchema, trace);
  check('weightNorm', orNull(numberFrom(0)), weightNorm ?? null);
  return scaled(trace, weightNorm === null || weightNorm === undefined ? Number.NaN : weightNorm ** 2);
}
