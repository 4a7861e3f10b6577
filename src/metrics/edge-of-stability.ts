import {check} from '../arguments/check.js';
import {finiteNumber, numberFrom, orNull} from '../arguments/kinds.js';

/**
 * The sharpness in units of what gradient descent can bear, λ₁ η / 2: below 1 the quadratic model converges, at 1
 * training hovers at the edge of stability, above it steps along the top eigenvector grow.
 *
 * Of full-batch gradient descent; momentum and adaptive steps move the edge. NaN where the learning rate is not known.
 *
 * Source: Cohen, Kaur, Li, Kolter & Talwalkar (2021).
 *
 * ```ts
 * const sharpness = edgeOfStability(spectrum.largest[0]!.value, 0.01);
 * ```
 */
export function edgeOfStability(top: number, learningRate: number | null): number {
  check('top', finiteNumber(), top);
  check('learningRate', orNull(numberFrom(0)), learningRate);
  return learningRate === null ? Number.NaN : (top * learningRate) / 2;
}
