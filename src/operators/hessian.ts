import type {Scalar, Tensor, Tensor1D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {inScope} from '../autodiff/engine-access.js';
import {Linearization} from '../autodiff/linearization.js';
import type {LayerContext, Recording} from '../autodiff/recording.js';
import {record} from '../autodiff/recording.js';
import type {Batch} from '../model/batch.js';
import {standardizeBatch} from '../model/batch.js';
import {dataLoss} from '../model/data-loss.js';
import {flatten} from '../model/flattening.js';
import {undisturbed} from '../model/undisturbed.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import {weightedLayers} from '../model/weighted-layers.js';
import {finite} from './finite.js';
import {CurvatureOperator} from './network-operator.js';
import {groupVariables} from './variable-groups.js';

export interface HessianArgs {
  /** Seeds what dropout and noise layers draw; default 0. Training's own draws are left alone. */
  readonly seed?: number;
}

/** Variables whose second derivatives are asked for; a named group of them is a "layer". */
export type VariableGroups = Variable[] | Record<string, Variable | Variable[]>;

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
export function hessian(model: LayersModel, batch: Batch, args?: HessianArgs): Promise<CurvatureOperator>;
/**
 * The Hessian of any scalar function of variables: for those who train with `optimizer.minimize`.
 *
 * @throws InvalidArgumentError where the loss is not a finite scalar or depends on none of the variables.
 * @example
 * const H = await hessian(() => tf.losses.meanSquaredError(y, f(x)), {hidden: [w1, b1], output: [w2, b2]});
 */
export function hessian(loss: () => Scalar, variables: VariableGroups): Promise<CurvatureOperator>;
export async function hessian(
  target: LayersModel | (() => Scalar),
  data: Batch | VariableGroups,
  {seed = 0}: HessianArgs = {},
): Promise<CurvatureOperator> {
  if (typeof target === 'function') {
    const layers = groupVariables(data as VariableGroups);
    return hessianOf(layers, recordGradient(target, layers));
  }
  const layers = weightedLayers(target);
  return hessianOf(
    layers,
    inScope(() => {
      const batch = standardizeBatch(target, data as Batch);
      return undisturbed(target, {training: batch.training, seed}, currentLayer =>
        recordGradient(() => dataLoss(target, batch), layers, currentLayer),
      );
    }),
  );
}

/** A loss, its gradient, and the kernels that computed them. The tensors are kept. */
interface RecordedGradient {
  readonly loss: Scalar;
  readonly gradient: Tensor1D;
  readonly gradients: readonly (Tensor | null)[];
  readonly recording: Recording;
}

function recordGradient(
  loss: () => Scalar,
  layers: readonly WeightedLayer[],
  currentLayer?: LayerContext,
): RecordedGradient {
  const variables = layers.flatMap(layer => layer.variables.map(({variable}) => variable));
  const {result, recording} = record(() => {
    const {value, grads} = tf.variableGrads(loss, variables);
    const gradients = variables.map(variable => grads[variable.name] ?? null);
    return {value: tf.keep(value), gradients: gradients.map(g => g && tf.keep(g))};
  }, currentLayer);
  const shapes = variables.map(variable => variable.shape);
  return {
    loss: result.value,
    gradient: tf.tidy(() => tf.keep(flatten(result.gradients, shapes))),
    gradients: result.gradients,
    recording,
  };
}

async function hessianOf(layers: readonly WeightedLayer[], recorded: RecordedGradient): Promise<CurvatureOperator> {
  const {recording, gradients, gradient} = recorded;
  const variables = layers.flatMap(layer => layer.variables.map(({variable}) => variable));
  const slots = (tensors: readonly (Tensor | null)[]) => tensors.map(t => (t && recording.slotOf(t)) ?? null);
  let map: Linearization | undefined;
  try {
    map = new Linearization(recording, slots(variables), slots(gradients));
    const loss = await finite(recorded.loss);
    return new CurvatureOperator({name: 'Hessian', loss, layers, gradient, map});
  } catch (error) {
    map?.dispose();
    gradient.dispose();
    throw error;
  } finally {
    recorded.loss.dispose();
    for (const tensor of gradients) tensor?.dispose();
  }
}
