import type {Scalar, Tensor, Tensor1D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, text, that} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {isRealTensor} from '../arguments/tensors.js';
import {pushJets} from '../autodiff/forward-mode/jets.js';
import type {Recording} from '../autodiff/recording/recording.js';
import {recordReplay} from '../autodiff/recording/replay.js';
import {deviceVerdict, judged} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import type {Value} from '../graph/graph.js';
import type {Batch} from '../model/batch.js';
import {checkBatch} from '../model/batch.js';
import {flatten, unflatten} from '../model/flattening.js';
import {variablesOf, weightedLayer, weightedLayers} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import type {ForwardPass} from '../model/recorded-loss.js';
import {withRecordedLoss} from '../model/recorded-loss.js';
import {withOwned} from '../owned.js';
import {hessian} from './hessian.js';
import type {LinearOperator} from './linear-operator.js';

/** Options of `quadraticForm`. */
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
    value => isVector(value) || isListOfNumbers(value),
    'a tensor of real numbers, [size], that is not disposed of, or a list of finite numbers',
  ),
  layer: optional(text("a layer's name")),
  seed: optional(finiteNumber(), 0),
});

function isVector(value: unknown): boolean {
  return isRealTensor(value) && value.rank === 1;
}

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
  const chosen = layer === undefined ? weightedLayers(model) : [weightedLayer(model, layer)];
  const size = variablesOf(chosen).reduce((sum, variable) => sum + variable.size, 0);
  const length = direction instanceof tf.Tensor ? direction.size : direction.length;
  if (length !== size) {
    const whose = layer === undefined ? 'all trainable weights' : `layer "${layer}"`;
    throw new InvalidArgumentError(`direction has ${length} entries; a vector of ${whose} has ${size}.`);
  }
  return withOwned(async owned => {
    const v = owned.use(vectorOf(direction));
    const H = owned.use(await hessian(model, batch, {seed}));
    const verdict = deviceVerdict();
    const gradient = owned.use(judged(() => gradientOfForm(model, batch, variablesOf(chosen), v, seed)));
    const value = await valueOfForm(layer === undefined ? H : H.block(layer), v);
    await verdict?.();
    return {value, gradient: owned.handOver(gradient)};
  });
}

/** The caller owns it. */
function vectorOf(direction: QuadraticFormArgs['direction']): Tensor1D {
  if (!(direction instanceof tf.Tensor)) return tf.tensor1d(Array.from(direction));
  return tf.tidy(() => tf.clone(tf.cast(direction, 'float32')));
}

/** ∇(vᵀHv) over all layers' weights, v a vector of the `moved` ones. */
export function gradientOfForm(
  model: LayersModel,
  batch: Batch,
  moved: readonly Variable[],
  v: Tensor1D,
  seed: number,
): Tensor1D {
  const all = variablesOf(weightedLayers(model));
  const shapesOf = (variables: readonly Variable[]) => variables.map(({shape}) => shape);
  return tf.tidy(() => {
    const tangents = unflatten(v, shapesOf(moved));
    const gradientOf = ({recorder, loss}: ForwardPass) =>
      recorder.pause(() =>
        tf.add<Scalar>(formOnTape(recorder.recording, recorder.recording.valueOf(loss), moved, tangents), noneOf(all)),
      );
    return withRecordedLoss(model, batch, {seed, gradientIn: all, gradientOf}, ({recorded: {gradients}}) =>
      tf.keep(flatten(gradients, shapesOf(all))),
    );
  });
}

/** 0, as a function of the variables: TensorFlow.js takes no gradient of what depends on none of them, as a quadratic loss's form. */
function noneOf(variables: readonly Variable[]): Scalar {
  const smallest = variables.reduce((least, each) => (each.size < least.size ? each : least));
  return tf.mul(tf.sum(smallest), 0);
}

/** vᵀHv on the tape that the recorded loss lies on. */
function formOnTape(recorded: Recording, loss: Value, moved: readonly Variable[], tangents: readonly Tensor[]): Scalar {
  const push = (recording: Recording, end: Value) => {
    const directions = new Map(moved.map((variable, i) => [recording.valueOf(variable), tangents[i]!]));
    return (pushJets(recording, directions, end).second ?? tf.zerosLike(recorded.tensorOf(loss))) as Scalar;
  };
  if (recorded.ownGradients.length === 0) return push(recorded, loss);
  // What a function's own gradient has saved has no derivative on its tape.
  const {recording, outputs} = recordReplay(recorded, recorded.trainable(), [loss]);
  try {
    return push(recording, recording.valueOf(outputs[0]!));
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
  return withOwned(async owned => {
    const columns = owned.use(tf.tidy(() => tf.outerProduct(v, tf.tensor1d(scales))));
    const products = owned.use(H.matmat(columns));
    const [scaled, images] = await Promise.all([columns.data(), products.data()]);
    const forms = scales.map(() => 0);
    for (let i = 0; i < scaled.length; i++) forms[i % scales.length]! += scaled[i]! * images[i]!;
    return forms.reduce((sum, form, i) => sum + form / scales[i]! ** 2, 0) / scales.length;
  });
}
