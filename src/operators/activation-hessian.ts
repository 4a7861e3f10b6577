import type {Scalar, Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, text} from '../arguments/kinds.js';
import {nearestName} from '../arguments/nearest-name.js';
import {optionsOf} from '../arguments/options.js';
import type {Linearization} from '../autodiff/forward-mode/linearization.js';
import {linearizeGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import {replay} from '../autodiff/recording/replay.js';
import {deviceVerdict, judged} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {watchLayerOutput} from '../model/layer-output.js';
import {requireModel} from '../model/model-argument.js';
import type {RecordedLoss} from '../model/recorded-loss.js';
import {withRecordedLoss} from '../model/recorded-loss.js';
import {withOwned} from '../owned.js';
import {BoundEngine} from './blocks/bound-engine.js';
import {CurvatureBlock} from './blocks/curvature-block.js';
import {VectorSpace} from './blocks/vector-space.js';
import {finite} from './checks/finite.js';
import {labelCheck} from './checks/label-check.js';
import type {CurvatureArgs} from './curvature-args.js';
import type {LinearOperator} from './linear-operator.js';

/** Options of `activationHessian`. */
export interface ActivationHessianArgs extends Pick<CurvatureArgs, 'seed'> {
  /** The layer whose output the loss is differentiated in. */
  readonly layer: string;
}

const activationHessianArgs = optionsOf<ActivationHessianArgs>('activationHessian()')({
  layer: text("a layer's name"),
  seed: optional(finiteNumber(), 0),
});

/** Options of `inputHessian`. */
export interface InputHessianArgs extends Pick<CurvatureArgs, 'seed'> {
  /** The input's name in `model.inputNames`. Default: the model's only input. */
  readonly input?: string;
}

const inputHessianArgs = optionsOf<InputHessianArgs>('inputHessian()')({
  input: optional(text("an input's name")),
  seed: optional(finiteNumber(), 0),
});

/** The Hessian in a layer's output, or in the model's input. */
export interface ActivationOperator extends LinearOperator {
  readonly loss: number;
  /** The shape of the output or input, batch first. Vectors are flattened from it. */
  readonly shape: readonly number[];
}

/**
 * The Hessian of a model's loss in the output of one of its layers, on one batch.
 *
 * It measures how sensitive the loss is to a change of these activations: mixed-precision quantization ranks layers by its
 * trace (Dong et al. 2020). For a layer that is used several times, its first output counts. A product costs about one gradient
 * of the part from the layer to the loss.
 *
 * @throws InvalidArgumentError for an unknown layer or one that the loss does not depend on, and as `hessian` does.
 */
export async function activationHessian(
  model: LayersModel,
  batch: Batch,
  args: ActivationHessianArgs,
): Promise<ActivationOperator> {
  requireModel(model);
  const {layer, seed} = activationHessianArgs(args);
  const place = `the output of layer "${layer}"`;
  return operatorAt(model, batch, place, () => {
    const output = watchLayerOutput(model, layer);
    try {
      return linearizeAt(model, batch, seed, place, () => output.first());
    } finally {
      output.release();
    }
  });
}

/**
 * The Hessian of a model's loss in its input, on one batch.
 *
 * Samples whose loss is sharp in the input tend to have wrong labels or to be atypical (Garg & Roy 2023, who use the trace of a sample's block). Unless
 * samples mix, as in batch normalization, the operator has a block for each sample: 1 / batch size of the Hessian of the sample's own
 * loss. A product costs about one gradient.
 *
 * Source: Garg & Roy (2023), *Samples with low loss curvature improve data efficiency*.
 *
 * @throws InvalidArgumentError for an unknown input, for one that the loss does not depend on differentiably, such as tokens of an embedding, and
 *     as `hessian` does.
 * @example
 * const A = await inputHessian(model, {x, y});
 * const {value} = await diagonal(A, {probes: 32});
 * const perSample = tf.sum(tf.reshape(value, [A.shape[0]!, -1]), 1);
 */
export async function inputHessian(
  model: LayersModel,
  batch: Batch,
  args?: InputHessianArgs,
): Promise<ActivationOperator> {
  requireModel(model);
  const {input, seed} = inputHessianArgs(args);
  const {inputNames} = model;
  const position = input === undefined && inputNames.length === 1 ? 0 : inputNames.indexOf(input!);
  if (position < 0) throw unknownInput(input, inputNames);
  const place = `the input "${inputNames[position]}"`;
  return operatorAt(model, batch, place, () => linearizeAt(model, batch, seed, place, ({inputs}) => inputs[position]!));
}

function unknownInput(input: string | undefined, names: readonly string[]): InvalidArgumentError {
  const all = names.join(', ');
  if (input === undefined)
    return new InvalidArgumentError(`The model has ${names.length} inputs: ${all}; say which, {input: '${names[0]}'}.`);
  const nearest = nearestName(input, names);
  const guess = nearest === null ? '.' : `; did you mean "${nearest}"?`;
  return new InvalidArgumentError(`Input "${input}" is not one of the model's${guess} They are: ${all}.`);
}

/** Makes the operator of a linearized activation. */
function operatorAt(
  model: LayersModel,
  batch: Batch,
  place: string,
  linearizeHere: () => LinearizedActivation,
): Promise<ActivationOperator> {
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const {map, loss, shape} = judged(linearizeHere);
    owned.use(map);
    owned.use(loss);
    // Another engine may be set while the loss is read.
    const engine = new BoundEngine();
    const labels = owned.use(labelCheck(model, batch));
    await verdict?.();
    await labels.confirm();
    const operator = new RecordedActivation(place, await finite(loss), shape, map, engine);
    await operator.tryProduct();
    owned.handOver(map);
    return operator;
  });
}

/** The Hessian in an activation. The caller owns the map and the loss. */
interface LinearizedActivation {
  readonly map: Linearization;
  readonly shape: readonly number[];
  readonly loss: Scalar;
}

/** @param tensorOf the activation, once the loss is recorded. */
function linearizeAt(
  model: LayersModel,
  batch: Batch,
  seed: number,
  place: string,
  tensorOf: (recorded: RecordedLoss) => Tensor,
): LinearizedActivation {
  return withRecordedLoss(model, batch, {seed}, recordedLoss => {
    const {recorded, loss} = recordedLoss;
    const {recording} = recorded;
    const activation = recording.find(tensorOf(recordedLoss));
    if (activation === undefined) throw doesNotDepend(place);
    const lossAt = (x: Tensor) => replay(recording, new Map([[activation, x]]), loss) as Scalar;
    const map = withKnownDependence(place, () => linearizeGradient(lossAt, [recording.tensorOf(activation)]));
    return {map, shape: activation.shape, loss: tf.keep(tf.clone(recording.tensorOf(loss) as Scalar))};
  });
}

function withKnownDependence<T>(place: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Error && /^Cannot (compute gradient of y|find a connection)/.test(error.message)))
      throw error;
    throw doesNotDepend(place, error);
  }
}

function doesNotDepend(place: string, cause?: Error): InvalidArgumentError {
  return new InvalidArgumentError(`The loss does not depend differentiably on ${place}.`, cause && {cause});
}

class RecordedActivation implements ActivationOperator {
  readonly size: number;
  private readonly space: VectorSpace;
  private readonly block: CurvatureBlock;

  constructor(
    place: string,
    readonly loss: number,
    readonly shape: readonly number[],
    private readonly map: Linearization,
    engine: BoundEngine,
  ) {
    this.space = new VectorSpace(`The Hessian in ${place}`, [shape], engine);
    this.size = this.space.size;
    this.block = new CurvatureBlock(this.space, this.space, [0], map);
  }

  tryProduct(): Promise<void> {
    return this.block.tryProduct();
  }

  matvec(v: Tensor1D): Tensor1D {
    return this.block.matvec(v);
  }

  matmat(V: Tensor2D): Tensor2D {
    return this.block.matmat(V);
  }

  dispose(): void {
    if (!this.space.dispose()) return;
    this.block.release();
    this.map.dispose();
  }
}
