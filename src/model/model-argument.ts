import {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../arguments/check.js';
import {hasMethods, that} from '../arguments/kinds.js';
import {InvalidArgumentError} from '../errors.js';

const model = that<LayersModel>(
  value => hasMethods(value, ['getClassName', 'predict', 'compile']) && Array.isArray((value as LayersModel).layers),
  'a layers model, such as tf.sequential(…) or tf.model(…)',
);

/**
 * Checks that a value is a layers model.
 *
 * @throws InvalidArgumentError if it is not.
 */
export function requireModel(value: LayersModel): void {
  check('model', model, value);
}

/**
 * Checks that a model's training can be followed: this needs a model of the copy of tfjs-layers that we import.
 *
 * @throws InvalidArgumentError for a model of another copy of tfjs-layers.
 */
export function requireOwnModel(value: LayersModel): void {
  requireModel(value);
  if (!(value instanceof LayersModel)) throw anotherCopy(`Model "${(value as LayersModel).name}"`);
}

/** The error for an object of another copy of tfjs-layers. */
export function anotherCopy(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${what} was made by another copy of @tensorflow/tfjs-layers than the one that tfjs-hessian imports, so its training ` +
      'cannot be followed. "npm ls @tensorflow/tfjs-layers @tensorflow/tfjs-core" lists the copies; "npm dedupe", or the same ' +
      'version of all @tensorflow packages, leaves one. In a page, load all of them in the same way, by import or by script.',
  );
}
