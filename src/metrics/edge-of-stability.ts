import {check} from '../arguments/check.js';
import {finiteNumber, numberFrom, orNull} from '../arguments/kinds.js';

/**
 * The sharpness relative to the stability limit of gradient descent, λ₁ η / 2: below 1 the quadratic model
 * converges, at 1 training is at the edge of stability, above 1 steps along the top eigenvector grow.
 *
 * For full-batch gradient descent; momentum and adaptive steps move the edge: see `stability`. NaN if the learning rate is not known.
 *
 * Source: Cohen, Kaur, Li, Kolter & Talwalkar (2021).
 *
 * @example
 * const sharpness = edgeOfStability(spectrum.largest[0]!.value, 0.01);
 */
export function edgeOfStability(top: number, learningRate: number | null): number {
  check('top', finiteNumber(), top);
  check('learningRate', orNull(numberFrom(0)), learningRate);
  return learningRate === null ? Number.NaN : (top * learningRate) / 2;
}
