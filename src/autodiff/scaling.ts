import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Push} from './rule.js';

/**
 * A linear map in which the tangent is multiplied, element by element, by a factor that does not depend on it.
 *
 * Two such maps in a row that meet at their factors need one multiplication, not two: on large activations that is what a
 * product with the Hessian costs.
 */
export interface Scaling {
  /** The one input with a tangent. */
  readonly input: string;
  /** Of the same shape as the value whose tangent it multiplies. */
  readonly factor: Tensor;
  /** Which tangent the factor multiplies: the input's, the output's, or both where there is nothing else to the map. */
  readonly side: 'input' | 'output' | 'both';
  /** The map with a factor in the factor's place. */
  readonly push: (factor: Tensor) => Push;
}

/** What a rule gives for its kernel. */
export type LinearMap = Push | Scaling;

/** dy = factor ∘ dx */
export function scaling(input: string, factor: Tensor): Scaling {
  return {input, factor, side: 'both', push: f => tangents => tf.mul(tangents[input]!, f)};
}

export function asPush(map: LinearMap): Push {
  return typeof map === 'function' ? map : map.push(map.factor);
}
