import type {Scalar, Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, text} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {Linearization} from '../autodiff/forward-mode/linearization.js';
import {linearizeGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import {replay} from '../autodiff/recording/replay.js';
import {deviceVerdict, judged} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {watchLayerOutput} from '../model/layer-output.js';
import {requireModel} from '../model/model-argument.js';
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

/** The Hessian in a layer's output. */
export interface ActivationOperator extends LinearOperator {
  readonly loss: number;
  /** The output's shape, batch first. Vectors are the flattened output. */
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
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const {map, loss, shape} = judged(() => linearizeActivation(model, batch, layer, seed));
    owned.use(map);
    owned.use(loss);
    // Another engine may be set while the loss is read.
    const engine = new BoundEngine();
    const labels = owned.use(labelCheck(model, batch));
    await verdict?.();
    await labels.confirm();
    const operator = new RecordedActivation(layer, await finite(loss), shape, map, engine);
    await operator.tryProduct();
    owned.handOver(map);
    return operator;
  });
}

/** The Hessian in a layer's output. The caller owns the map and the loss. */
function linearizeActivation(model: LayersModel, batch: Batch, layer: string, seed: number) {
  const output = watchLayerOutput(model, layer);
  try {
    return withRecordedLoss(model, batch, {seed}, ({recorded: {recording}, loss}) => {
      const activation = recording.valueOf(output.first());
      const lossAt = (x: Tensor) => replay(recording, new Map([[activation, x]]), loss) as Scalar;
      const map = withKnownDependence(layer, () => linearizeGradient(lossAt, [recording.tensorOf(activation)]));
      return {map, shape: activation.shape, loss: tf.keep(tf.clone(recording.tensorOf(loss) as Scalar))};
    });
  } finally {
    output.release();
  }
}

function withKnownDependence<T>(layer: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Error && /^Cannot (compute gradient of y|find a connection)/.test(error.message)))
      throw error;
    throw new InvalidArgumentError(`The loss does not depend differentiably on the output of layer "${layer}".`, {
      cause: error,
    });
  }
}

class RecordedActivation implements ActivationOperator {
  readonly size: number;
  private readonly space: VectorSpace;
  private readonly block: CurvatureBlock;

  constructor(
    layer: string,
    readonly loss: number,
    readonly shape: readonly number[],
    private readonly map: Linearization,
    engine: BoundEngine,
  ) {
    this.space = new VectorSpace(`The Hessian in the output of layer "${layer}"`, [shape], engine);
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
