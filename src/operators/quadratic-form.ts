import type {Scalar, Tensor, Tensor1D, Tensor2D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {optional} from 'valibot';
import {finiteNumber, text, that} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {isTensor} from '../arguments/tensors.js';

import {deviceVerdict, judged} from '../autodiff/device-errors.js';

import {pushJets} from '../autodiff/jets.js';
import type {Recording} from '../autodiff/recording.js';
import {Recorder} from '../autodiff/recording.js';
import {recordReplay} from '../autodiff/replay.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {checkBatch, standardizeBatch} from '../model/batch.js';
import {dataLoss} from '../model/data-loss.js';
import {flatten, unflatten} from '../model/flattening.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';
import {variablesOf, weightedLayer, weightedLayers} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import {undisturbed} from '../model/undisturbed.js';
import {hessian} from './hessian.js';
import type {LinearOperator} from './linear-operator.js';

export interface QuadraticFormArgs {
  /** v: of the layer's block, or of all weights where no layer is named. */
  readonly direction: Tensor1D | ArrayLike<number>;
  /** The layer whose block H is. Left out: the whole network's. */
  readonly layer?: string;
  /** Seeds what dropout and noise layers draw; default 0. */
  readonly seed?: number;
}

const quadraticFormArgs = optionsOf<QuadraticFormArgs>('quadraticForm()')({
  direction: that<QuadraticFormArgs['direction']>(
    value => isTensor(value) || isListOfNumbers(value),
    'a tensor that is not disposed of, or a list of finite numbers',
  ),
  layer: optional(text("a layer's name")),
  seed: optional(finiteNumber(), 0),
});

function isListOfNumbers(value: unknown): boolean {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  return isList && Array.from(value as ArrayLike<unknown>).every(Number.isFinite);
}

/** vᵀHv, and its gradient. */
export interface QuadraticForm {
  readonly value: number;
  /** ∇(vᵀHv) over all trainable weights, `[size]`; the caller owns it. */
  readonly gradient: Tensor1D;
}

/**
 * vᵀHv of a model's loss on one batch, and its exact gradient over all weights.
 *
 * The gradient comes from order-2 jets through the forward pass and one reverse pass over both, about three gradients;
 * the value from products with H, about eight more.
 *
 * @throws InvalidArgumentError for an unknown layer, a direction of another length, and as `hessian` does.
 * @throws UnsupportedKernelError where the model runs a kernel without a second-order rule.
 */
export async function quadraticForm(model: LayersModel, batch: Batch, args: QuadraticFormArgs): Promise<QuadraticForm> {
  requireModel(model);
  checkBatch(batch);
  const {layer, direction, seed} = quadraticFormArgs(args);
  const layers = weightedLayers(model);
  const chosen = layer === undefined ? layers : [weightedLayer(model, layer)];
  const size = variablesOf(chosen).reduce((sum, variable) => sum + variable.size, 0);
  const length = direction instanceof tf.Tensor ? direction.size : direction.length;
  if (length !== size) {
    const whose = layer === undefined ? 'all trainable weights' : `layer "${layer}"`;
    throw new InvalidArgumentError(`direction has ${length} entries; a vector of ${whose} has ${size}.`);
  }
  const v = direction instanceof tf.Tensor ? direction.clone() : tf.tensor1d(Array.from(direction));
  try {
    const H = await hessian(model, batch, {seed});
    try {
      const verdict = deviceVerdict();
      const gradient = judged(() => gradientOfForm(model, batch, layers, chosen, v, seed));
      try {
        const value = await valueOfForm(layer === undefined ? H : H.block(layer), v);
        await verdict?.();
        return {value, gradient};
      } catch (error) {
        gradient.dispose();
        throw error;
      }
    } finally {
      H.dispose();
    }
  } finally {
    v.dispose();
  }
}

/** ∇(vᵀHv) over all layers' weights, v a vector of the chosen ones'. */
function gradientOfForm(
  model: LayersModel,
  batch: Batch,
  layers: readonly WeightedLayer[],
  chosen: readonly WeightedLayer[],
  v: Tensor1D,
  seed: number,
): Tensor1D {
  const all = variablesOf(layers);
  const moved = variablesOf(chosen);
  return tf.tidy(() => {
    const standard = standardizeBatch(model, batch);
    const tangents = unflatten(
      v,
      moved.map(variable => variable.shape),
    );
    const {grads} = undisturbed(model, {training: standard.training, seed}, currentLayer => {
      const recorder = new Recorder(currentLayer);
      try {
        return tf.variableGrads(() => {
          const loss = dataLoss(model, standard);
          return recorder.pause(() => formOnTape(recorder.recording, loss, moved, tangents));
        }, all);
      } finally {
        recorder.stop().release();
      }
    });
    return flatten(
      all.map(variable => grads[variable.name] ?? null),
      all.map(variable => variable.shape),
    );
  });
}

/** vᵀHv on the tape that the recorded loss lies on. */
function formOnTape(
  recorded: Recording,
  loss: Scalar,
  moved: readonly Variable[],
  tangents: readonly Tensor[],
): Scalar {
  const push = (recording: Recording, end: Tensor) => {
    const directions = new Map(moved.map((variable, i) => [recording.touch(variable), tangents[i]!]));
    return (pushJets(recording, directions, recording.touch(end)).second ?? tf.zerosLike(loss)) as Scalar;
  };
  if (recorded.ownGradients.length === 0) return push(recorded, loss);
  // What a function's own gradient has saved has no derivative on its tape.
  const starts = recorded.trainable();
  const {recording, outputs} = recordReplay(recorded, starts, [recorded.touch(loss)]);
  try {
    return push(recording, outputs[0]!);
  } finally {
    recording.release();
  }
}

/**
 * vᵀHv as the mean of (sv)ᵀH(sv)/s² over a few scales s, each summed in float64.
 *
 * Where large terms cancel, what is left of float32's rounding shows. It differs from scale to scale, so the mean has less.
 */
async function valueOfForm(H: LinearOperator, v: Tensor1D): Promise<number> {
  const scales = Array.from({length: 8}, (_, i) => 1 + i / 8);
  const columns = tf.tidy(() => tf.outerProduct(v, tf.tensor1d(scales)));
  let products: Tensor2D | null = null;
  try {
    products = H.matmat(columns);
    const [scaled, images] = await Promise.all([columns.data(), products.data()]);
    const forms = scales.map(() => 0);
    for (let i = 0; i < scaled.length; i++) forms[i % scales.length]! += scaled[i]! * images[i]!;
    return forms.reduce((sum, form, i) => sum + form / scales[i]! ** 2, 0) / scales.length;
  } finally {
    columns.dispose();
    products?.dispose();
  }
}
