import type {Scalar, Tensor1D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import type {Batch} from '../../model/batch.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import {withOwned} from '../../owned.js';
import {BoundEngine} from '../blocks/bound-engine.js';
import type {CurvatureMap} from '../blocks/curvature-map.js';
import {CurvatureOperator} from '../blocks/network-operator.js';
import {finite} from '../checks/finite.js';

/** Something that has yet to be confirmed, for which numbers must be read. It owns tensors until it has been, or is disposed of. */
export interface PendingCheck {
  /** @throws where it does not hold. */
  confirm(): Promise<void>;
  dispose(): void;
}

/** Several checks as one; `null` for none. */
export function allOf(checks: readonly (PendingCheck | null)[]): PendingCheck | null {
  const pending = checks.filter(check => check !== null);
  if (pending.length === 0) return null;
  return {
    async confirm() {
      for (const check of pending) await check.confirm();
    },
    dispose() {
      for (const check of pending) check.dispose();
    },
  };
}

/** A loss on one batch, with its gradient and a curvature. The tensors are kept, and belong to who asked. */
export interface LinearizedLoss {
  readonly layers: readonly WeightedLayer[];
  readonly loss: Scalar;
  /** ∇L, `[size]`. */
  readonly gradient: Tensor1D;
  readonly map: CurvatureMap;
  /** What is to be confirmed before it is used; `null` where nothing gives reason to doubt it, or nobody asked. */
  readonly check: PendingCheck | null;
}

/**
 * Makes a curvature of a model's loss on a batch, synchronously: on the weights of this moment.
 *
 * @param checked whether a `check` is wanted.
 */
export type Linearize = (model: LayersModel, batch: Batch, seed: number, checked: boolean) => LinearizedLoss;

/**
 * A linearized loss as an operator, which takes it over.
 *
 * @throws InvalidArgumentError where the loss is not finite, NotAHessianError where the check fails, EngineError where the
 *     device refuses a kernel; then nothing stays held.
 */
export function operatorOf(name: string, linearize: () => LinearizedLoss): Promise<CurvatureOperator> {
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const {layers, loss, gradient, map, check} = judged(linearize);
    for (const resource of [loss, gradient, map, check]) owned.use(resource);
    // Now: another engine may be set while the loss is read.
    const engine = new BoundEngine();
    await verdict?.();
    // A loss that is not finite has no derivatives to compare.
    const value = await finite(loss);
    await check?.confirm();
    const operator = new CurvatureOperator({name, loss: value, layers, gradient, map, engine});
    await operator.tryProduct();
    owned.handOver(map);
    owned.handOver(gradient);
    return operator;
  });
}
