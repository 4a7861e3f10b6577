import type {Scalar, Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, text} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {deviceVerdict, judged} from '../autodiff/device-errors.js';
import {Linearization} from '../autodiff/linearization.js';
import type {Recording, Slot} from '../autodiff/recording.js';
import {Recorder, record} from '../autodiff/recording.js';
import {replay} from '../autodiff/replay.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {standardizeBatch} from '../model/batch.js';
import {dataLoss} from '../model/data-loss.js';
import {watchLayerOutput} from '../model/layer-output.js';
import {requireModel} from '../model/model-argument.js';
import {undisturbed} from '../model/undisturbed.js';
import {inScope} from '../tfjs-internals/core/tensors.js';
import {BoundEngine} from './blocks/bound-engine.js';
import {CurvatureBlock} from './blocks/curvature-block.js';
import {VectorSpace} from './blocks/vector-space.js';
import {finite} from './checks/finite.js';
import {labelCheck} from './checks/label-check.js';
import type {CurvatureArgs} from './curvature-args.js';
import type {LinearOperator} from './linear-operator.js';

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
  /** The output's shape, batch first: vectors are this, flattened. */
  readonly shape: readonly number[];
}

/**
 * The Hessian of a model's loss in the output of one of its layers, on one batch.
 *
 * It says how much the loss minds a change of these activations: mixed-precision quantization ranks layers by its trace
 * (Dong et al. 2020). Of a layer that stands in several places, the first output counts. A product costs about one gradient
 * of what lies behind the layer.
 *
 * @throws InvalidArgumentError for a layer that is not there or that the loss does not depend on, and as `hessian` does.
 */
export async function activationHessian(
  model: LayersModel,
  batch: Batch,
  args: ActivationHessianArgs,
): Promise<ActivationOperator> {
  requireModel(model);
  const {layer, seed} = activationHessianArgs(args);
  const verdict = deviceVerdict();
  const recorded = judged(() => inScope(() => recordFrom(model, batch, layer, seed)));
  // Now: another engine may be set while the loss is read.
  const engine = new BoundEngine();
  const labels = labelCheck(model, batch);
  try {
    await verdict?.();
    await labels.confirm();
    const operator = new RecordedActivation(layer, await finite(recorded.loss), recorded.shape, recorded.map, engine);
    await operator.tryProduct();
    return operator;
  } catch (error) {
    recorded.map.dispose();
    throw error;
  } finally {
    recorded.loss.dispose();
  }
}

function recordFrom(model: LayersModel, batch: Batch, layer: string, seed: number) {
  const standard = standardizeBatch(model, batch);
  return undisturbed(model, {training: standard.training, seed}, currentLayer => {
    const output = watchLayerOutput(model, layer);
    const recorder = new Recorder(currentLayer);
    let loss: Slot;
    try {
      loss = recorder.recording.touch(dataLoss(model, standard));
    } catch (error) {
      recorder.recording.release();
      throw error;
    } finally {
      output.release();
      recorder.stop();
    }
    const {recording} = recorder;
    try {
      const activation = recording.touch(output.first());
      const map = linearizeFrom(recording, activation, loss, layer);
      return {map, shape: activation.shape, loss: tf.keep(loss.tensor!.clone()) as Scalar};
    } finally {
      recording.release();
    }
  });
}

/** The gradient in a recorded value, recorded in its turn. */
function linearizeFrom(forward: Recording, from: Slot, loss: Slot, layer: string): Linearization {
  const value = from.tensor!;
  const {result: gradient, recording} = record(() => {
    try {
      return tf.keep(tf.grad(x => replay(forward, new Map([[from, x as Tensor]]), loss))(value));
    } catch (error) {
      if (!(error instanceof Error && /^Cannot (compute gradient of y|find a connection)/.test(error.message)))
        throw error;
      throw new InvalidArgumentError(`The loss does not depend differentiably on the output of layer "${layer}".`, {
        cause: error,
      });
    }
  });
  try {
    return new Linearization(recording, [recording.slotOf(value) ?? null], [recording.slotOf(gradient) ?? null]);
  } finally {
    gradient.dispose();
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
