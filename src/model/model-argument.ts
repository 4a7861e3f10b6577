import {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../arguments/check.js';
import {hasMethods, that} from '../arguments/kinds.js';
import {InvalidArgumentError} from '../errors.js';

const model = that<LayersModel>(
  value => hasMethods(value, ['getClassName', 'predict', 'compile']) && Array.isArray((value as LayersModel).layers),
  'a layers model, such as tf.sequential(…) or tf.model(…)',
);

/** @throws InvalidArgumentError for what is no layers model. */
export function requireModel(value: LayersModel): void {
  check('model', model, value);
}

/**
 * For what takes part in training: it is TensorFlow.js' class that is watched.
 *
 * @throws InvalidArgumentError for a model that another copy of tfjs-layers has made.
 */
export function requireOwnModel(value: LayersModel): void {
  requireModel(value);
  if (!(value instanceof LayersModel)) throw anotherCopy(`Model "${(value as LayersModel).name}"`);
}

/** The error for something that another copy of tfjs-layers has made. */
export function anotherCopy(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${what} was made by another copy of @tensorflow/tfjs-layers than the one that tfjs-hessian imports, so its training ` +
      'cannot be followed. "npm ls @tensorflow/tfjs-layers @tensorflow/tfjs-core" lists the copies; "npm dedupe", or the same ' +
      'version of all @tensorflow packages, leaves one. In a page, load all of them in the same way, by import or by script.',
  );
}
