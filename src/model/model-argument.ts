import type {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../arguments/check.js';
import {hasMethods, that} from '../arguments/kinds.js';

const model = that<LayersModel>(
  value => hasMethods(value, ['getClassName', 'predict', 'compile']) && Array.isArray((value as LayersModel).layers),
  'a layers model, such as tf.sequential(…) or tf.model(…)',
);

/** @throws InvalidArgumentError for what is no layers model. */
export function requireModel(value: LayersModel): void {
  check('model', model, value);
}
