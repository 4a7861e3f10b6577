import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import type {HessianArgs} from './hessian.js';
import type {CurvatureOperator} from './network-operator.js';
import type {OutputCurvature} from './sandwich.js';
import {sandwich} from './sandwich.js';

/**
 * The empirical Fisher matrix (1/B) Σᵢ gᵢ gᵢᵀ of a model on one batch: gᵢ the gradient of the i-th sample's own loss, its
 * weight in it. Whatever its name, it is no estimate of the Fisher information (Kunstner, Balles & Hennig 2019).
 *
 * The samples' gradients are never formed: it is Jᵀ M J with M of the loss's gradients in the network's outputs, so samples
 * must not mix; with batch normalization in training mode they do, and J is then that of the batch's statistics held fixed
 * in none of them. A product costs about as much as one with the Hessian.
 *
 * @throws InvalidArgumentError and UnsupportedKernelError as `hessian` does.
 */
export function empiricalFisher(
  model: LayersModel,
  batch: Batch,
  {seed = 0}: HessianArgs = {},
): Promise<CurvatureOperator> {
  return sandwich('empirical Fisher matrix', model, batch, seed, () => none, outerProducts);
}

const none: OutputCurvature = {multiply: tangents => tangents, dispose: () => {}};

/** B ∇ᵢ ⟨∇ᵢ, żᵢ⟩ for each sample i: the loss is the mean over B, so its gradient in a sample's outputs is gᵢ's over B. */
function outerProducts(gradients: readonly Tensor[]): OutputCurvature {
  const held = gradients.map(gradient => tf.keep(gradient.clone()));
  const batchSize = gradients[0]!.shape[0]!;
  return {
    multiply: (tangents, probes) => {
      // Axes of the output, behind those of probes and samples.
      const inner = tangents.map((tangent, i) => {
        const first = probes === null ? 1 : 2;
        const axes = Array.from({length: tangent.rank - first}, (_, axis) => axis + first);
        return tf.sum(tf.mul(tangent, held[i]!), axes);
      });
      const products = tf.mul(tf.addN(inner), batchSize);
      return held.map((gradient, i) => {
        const ones = Array<number>(tangents[i]!.rank - products.rank).fill(1);
        return tf.mul(gradient, tf.reshape(products, [...products.shape, ...ones]));
      });
    },
    dispose: () => tf.dispose(held),
  };
}
