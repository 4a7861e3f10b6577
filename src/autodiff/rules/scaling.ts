import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LinearMap, Push, Scaling} from './rule.js';

/** dy = factor ∘ dx */
export function scaling(input: string, factor: Tensor): Scaling {
  return {input, factor, side: 'both', push: f => tangents => tf.mul(tangents[input]!, f)};
}

export function asPush(map: LinearMap): Push {
  return typeof map === 'function' ? map : map.push(map.factor);
}
