import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import type {CurvatureOperator} from './blocks/network-operator.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './from-model/batch-dataset.js';
import type {Linearize} from './from-model/linearized-loss.js';
import {modelOperator} from './from-model/model-operator.js';
import type {OutputCurvature} from './jacobian/sandwich.js';
import {linearizeSandwich} from './jacobian/sandwich.js';

const argsOf = curvatureArgs('empiricalFisher()');

/**
 * The empirical Fisher matrix (1/B) Σᵢ gᵢ gᵢᵀ of a model on one batch. gᵢ is the gradient of the i-th sample's loss, with its
 * sample weight. In spite of the name it is not an estimate of the Fisher information (Kunstner, Balles & Hennig 2019).
 *
 * The samples' gradients are never formed: the matrix is Jᵀ M J, and M is made of the loss's gradients in the network's outputs.
 * So one sample's output must not depend on another sample, as it does in batch normalization in training mode. A product costs
 * about as much as one with the Hessian.
 *
 * @throws InvalidArgumentError and UnsupportedKernelError as `hessian` does.
 */
export async function empiricalFisher(
  model: LayersModel,
  data: Batch | BatchDataset,
  args?: CurvatureArgs,
): Promise<CurvatureOperator> {
  const kind = {operator: 'empiricalFisher'} as const;
  return modelOperator(
    {name: 'empirical Fisher matrix', linearize: linearizeEmpiricalFisher, kind},
    model,
    data,
    argsOf(args),
  );
}

const none: OutputCurvature = {multiply: tangents => tangents, dispose: () => {}};

export const linearizeEmpiricalFisher: Linearize = linearizeSandwich(() => none, outerProducts);

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
