import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {that} from '../../arguments/kinds.js';
import {HessianSpectrumCallback} from '../hessian-spectrum-callback.js';
import {whenTrainingEnds} from '../training-end.js';

/** Subscribes until the `fit` of a model ends. A replayed value is skipped, since it belongs to an earlier fit. */
export function whileTraining<T>(model: LayersModel, source: Observable<T>, next: (value: T) => void): void {
  let isLive = false;
  const subscription = source.subscribe(value => {
    if (isLive) next(value);
  });
  isLive = true;
  subscription.add(whenTrainingEnds(model, () => subscription.unsubscribe()));
}

/** Schema of the option `curvature`. */
export const curvatureSchema = that<HessianSpectrumCallback>(
  value => value instanceof HessianSpectrumCallback,
  'the HessianSpectrumCallback whose samples are watched',
);
