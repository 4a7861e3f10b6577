import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {InvalidArgumentError} from '../errors.js';
import {HessianSpectrumCallback} from './hessian-spectrum-callback.js';
import {whenTrainingEnds} from './training-end.js';

/** Subscribes until a model's `fit` is over. What a stream replays is of an earlier one, and is left out. */
export function whileTraining<T>(model: LayersModel, source: Observable<T>, next: (value: T) => void): void {
  let isLive = false;
  const subscription = source.subscribe(value => {
    if (isLive) next(value);
  });
  isLive = true;
  subscription.add(whenTrainingEnds(model, () => subscription.unsubscribe()));
}

/** @throws InvalidArgumentError */
export function requireCurvature(name: string, curvature: unknown): asserts curvature is HessianSpectrumCallback {
  if (curvature instanceof HessianSpectrumCallback) return;
  throw new InvalidArgumentError(
    `${name} goes by the samples of a HessianSpectrumCallback, new ${name}({curvature}); got ${String(curvature)}.`,
  );
}
