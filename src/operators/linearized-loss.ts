import type {Scalar, Tensor1D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../autodiff/device-errors.js';
import type {Batch} from '../model/batch.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import {BoundEngine} from './bound-engine.js';
import {finite} from './finite.js';
import type {CurvatureMap} from './network-operator.js';
import {CurvatureOperator} from './network-operator.js';

/** A loss on one batch, with its gradient and a curvature. The tensors are kept, and belong to who asked. */
export interface LinearizedLoss {
  readonly layers: readonly WeightedLayer[];
  readonly loss: Scalar;
  /** ∇L, `[size]`. */
  readonly gradient: Tensor1D;
  readonly map: CurvatureMap;
}

/** Makes a curvature of a model's loss on a batch, synchronously: on the weights of this moment. */
export type Linearize = (model: LayersModel, batch: Batch, seed: number) => LinearizedLoss;

/**
 * A linearized loss as an operator, which takes it over.
 *
 * @throws InvalidArgumentError where the loss is not finite, EngineError where the device refuses a kernel; then nothing
 *     stays held.
 */
export async function operatorOf(name: string, linearize: () => LinearizedLoss): Promise<CurvatureOperator> {
  const verdict = deviceVerdict();
  const {layers, loss, gradient, map} = judged(linearize);
  // Now: another engine may be set while the loss is read.
  const engine = new BoundEngine();
  try {
    await verdict?.();
    const operator = new CurvatureOperator({name, loss: await finite(loss), layers, gradient, map, engine});
    await operator.tryProduct();
    return operator;
  } catch (error) {
    map.dispose();
    gradient.dispose();
    throw error;
  } finally {
    loss.dispose();
  }
}
