import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import type {CurvatureOperator} from './blocks/network-operator.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './from-model/batch-dataset.js';
import type {Linearize} from './from-model/linearized-loss.js';
import {modelOperator} from './from-model/model-operator.js';
import type {OutputLoss} from './jacobian/network-jacobian.js';
import {outputHessian} from './jacobian/network-jacobian.js';
import type {OutputCurvature} from './jacobian/sandwich.js';
import {linearizeSandwich} from './jacobian/sandwich.js';

const argsOf = curvatureArgs('gaussNewton()');

/**
 * The generalized Gauss–Newton matrix G = Jᵀ (∂²ℓ/∂z²) J of a model's loss on one batch: the Hessian without the network's
 * own curvature. It has no negative eigenvalue if the loss is convex in z.
 *
 * z is the input of the output layer's activation for the canonical pairs (softmax with categorical or sparse categorical
 * cross-entropy, sigmoid with binary cross-entropy, linear with mean squared error), the model's output otherwise. G is
 * scaled like the loss: the mean over the batch, sample weights in it, outputs added. A product costs about as much as one
 * with the Hessian (Schraudolph 2002; Martens 2010).
 *
 * @throws InvalidArgumentError and UnsupportedKernelError as `hessian` does.
 * @example
 * const G = await gaussNewton(model, {x, y});
 * const {value} = await trace(G);
 * G.dispose();
 */
export async function gaussNewton(
  model: LayersModel,
  data: Batch | BatchDataset,
  args?: CurvatureArgs,
): Promise<CurvatureOperator> {
  const curvature = {
    name: 'Gauss–Newton matrix',
    linearize: linearizeGaussNewton,
    kind: {operator: 'gaussNewton'},
  } as const;
  return modelOperator(curvature, model, data, argsOf(args));
}

export const linearizeGaussNewton: Linearize = linearizeSandwich(outputHessianOf);

function outputHessianOf(loss: OutputLoss): OutputCurvature {
  const map = outputHessian(loss);
  const places = loss.outputs.map((_, i) => i);
  return {
    multiply: (tangents, probes) =>
      map.push(places, tangents, places, probes).map((tensor, i) => tensor ?? tf.zerosLike(tangents[i]!)),
    dispose: () => map.dispose(),
  };
}
