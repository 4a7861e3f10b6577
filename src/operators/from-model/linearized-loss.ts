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
import type {CurvatureKind} from '../shards/messages.js';

/** A check that must read numbers asynchronously. It owns tensors until `confirm` has run or it is disposed. */
export interface PendingCheck {
  /** @throws if the check fails. */
  confirm(): Promise<void>;
  dispose(): void;
}

/** Joins several checks; `null` if there are none. */
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

/** A loss on one batch, with its gradient and a curvature. The tensors are kept and belong to the caller. */
export interface LinearizedLoss {
  readonly layers: readonly WeightedLayer[];
  readonly loss: Scalar;
  /** ∇L, `[size]`. */
  readonly gradient: Tensor1D;
  readonly map: CurvatureMap;
  /** A check to make before use; `null` if there is no reason for one, or none was asked for. */
  readonly check: PendingCheck | null;
}

/**
 * Makes a curvature of a model's loss on a batch, synchronously, with the present weights.
 *
 * @param checked whether to make a `check`.
 */
export type Linearize = (model: LayersModel, batch: Batch, seed: number, checked: boolean) => LinearizedLoss;

/** A curvature of a model's loss. */
export interface Curvature {
  /** The operator's name in messages: `Hessian`. */
  readonly name: string;
  readonly linearize: Linearize;
  /** By which other threads know it. */
  readonly kind: CurvatureKind;
}

/**
 * Makes an operator of a linearized loss. The operator owns it.
 *
 * @throws InvalidArgumentError if the loss is not finite.
 * @throws NotAHessianError if the check fails.
 * @throws EngineError if the device refuses a kernel.
 */
export function operatorOf(name: string, linearize: () => LinearizedLoss): Promise<CurvatureOperator> {
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const {layers, loss, gradient, map, check} = judged(linearize);
    for (const resource of [loss, gradient, map, check]) owned.use(resource);
    // Another engine may be set while the loss is read.
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
