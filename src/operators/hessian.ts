import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../arguments/check.js';
import {functionThat} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {inScope} from '../autodiff/engine-access.js';
import {Linearization} from '../autodiff/linearization.js';
import type {LayerContext} from '../autodiff/recording.js';
import {record} from '../autodiff/recording.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {standardizeBatch} from '../model/batch.js';
import {dataLoss} from '../model/data-loss.js';
import {flatten} from '../model/flattening.js';
import {explaining} from '../model/tensorflow-limits.js';
import {undisturbed} from '../model/undisturbed.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import {variablesOf, weightedLayers} from '../model/weighted-layers.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './dataset-operator.js';
import type {Linearize, LinearizedLoss} from './linearized-loss.js';
import {operatorOf} from './linearized-loss.js';
import {modelOperator} from './model-operator.js';
import type {CurvatureOperator} from './network-operator.js';
import {groupVariables} from './variable-groups.js';

/** Variables whose second derivatives are asked for; a named group of them is a "layer". */
export type VariableGroups = Variable[] | Record<string, Variable | Variable[]>;

const argsOf = curvatureArgs('hessian()');
const lossFunction = functionThat<() => Scalar>('a function that returns a scalar tensor');
/** A function of one's own has neither draws of ours nor a data set. */
const noArgs = optionsOf<object>('hessian(loss, variables)')({});

/**
 * The Hessian of a model's loss on one batch, as an operator: products with it, never the matrix itself.
 *
 * The loss is the one that `fit` minimizes, without regularizers. The operator keeps the weights and the batch as they
 * are now, whatever training does afterwards. Making it costs a gradient and the derivatives of the activations; a
 * product costs about one gradient, that of a layer's block the part from this layer on (Pearlmutter 1994).
 *
 * @throws InvalidArgumentError for a model that is not compiled or has no trainable weights, for a batch that does not
 *     fit, for a loss that is not finite.
 * @throws UnsupportedKernelError where the model runs a kernel that has no rule.
 * @example
 * const H = await hessian(model, {x, y});
 * const top = await eigenvalues(H.block('dense_1'), {k: 2});
 * H.dispose();
 */
export function hessian(model: LayersModel, batch: Batch, args?: CurvatureArgs): Promise<CurvatureOperator>;
/**
 * The Hessian of any scalar function of variables: for those who train with `optimizer.minimize`.
 *
 * @throws InvalidArgumentError where the loss is not a finite scalar or depends on none of the variables.
 * @example
 * const H = await hessian(() => tf.losses.meanSquaredError(y, f(x)), {hidden: [w1, b1], output: [w2, b2]});
 */
export function hessian(loss: () => Scalar, variables: VariableGroups): Promise<CurvatureOperator>;
/**
 * The Hessian of the mean loss over a data set. A product is one pass over it.
 *
 * @throws InvalidArgumentError for a data set without batches.
 * @example
 * const H = await hessian(model, [{x: x1, y: y1}, {x: x2, y: y2}], {onProgress: ({done, batches}) => …});
 */
export function hessian(model: LayersModel, dataset: BatchDataset, args?: CurvatureArgs): Promise<CurvatureOperator>;
export async function hessian(
  target: LayersModel | (() => Scalar),
  data: Batch | BatchDataset | VariableGroups,
  args?: CurvatureArgs,
): Promise<CurvatureOperator> {
  if (typeof target === 'function') {
    check('loss', lossFunction, target);
    noArgs(args);
    const layers = groupVariables(data as VariableGroups);
    return operatorOf('Hessian', () => explaining(() => linearizeGradient(() => requireScalar(target()), layers)));
  }
  return modelOperator('Hessian', target, data as Batch | BatchDataset, linearizeHessian, argsOf(args));
}

/** The gradient of a model's loss on a batch, linearized. */
export const linearizeHessian: Linearize = (model, batch, seed) => {
  const layers = weightedLayers(model);
  return inScope(() => {
    const standard = standardizeBatch(model, batch);
    return undisturbed(model, {training: standard.training, seed}, currentLayer =>
      linearizeGradient(() => dataLoss(model, standard), layers, currentLayer),
    );
  });
};

/** The gradient of a scalar function of the layers' variables, linearized. */
function linearizeGradient(
  loss: () => Scalar,
  layers: readonly WeightedLayer[],
  currentLayer?: LayerContext,
): LinearizedLoss {
  const variables = variablesOf(layers);
  const {result, recording} = record(() => {
    const {value, grads} = tf.variableGrads(loss, variables);
    const gradients = variables.map(variable => grads[variable.name] ?? null);
    for (const tensor of [value, ...gradients]) if (tensor !== null) tf.keep(tensor);
    return {value, gradients};
  }, currentLayer);
  const {value, gradients} = result;
  try {
    const slots = (tensors: readonly (Tensor | null)[]) => tensors.map(t => (t && recording.slotOf(t)) ?? null);
    const map = new Linearization(recording, slots(variables), slots(gradients));
    const shapes = variables.map(variable => variable.shape);
    return {layers, map, loss: value, gradient: tf.tidy(() => tf.keep(flatten(gradients, shapes)))};
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    for (const tensor of gradients) tensor?.dispose();
  }
}

function requireScalar(loss: unknown): Scalar {
  if (loss instanceof tf.Tensor && loss.rank === 0) return loss as Scalar;
  const got = loss instanceof tf.Tensor ? `a tensor of shape [${loss.shape.join(', ')}]` : String(loss);
  throw new InvalidArgumentError(`The loss function must return a scalar, such as tf.mean(…); it returned ${got}.`);
}
