import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {isRealTensor} from '../../arguments/tensors.js';
import {InvalidArgumentError} from '../../errors.js';
import {unflatten} from '../../model/flattening.js';
import type {NamedVariable} from '../../model/layers/weighted-layers.js';

/**
 * A direction in the space of all trainable weights: a vector, `[size]`, in the order of the operators' vectors, or a tensor for each trainable
 * weight in that order.
 */
export type SurfaceDirection = Tensor1D | ArrayLike<number> | readonly Tensor[];

/** Whether a value can be a direction; its sizes are not checked. */
export function isDirection(value: unknown): value is SurfaceDirection {
  if (isRealTensor(value)) return true;
  if (Array.isArray(value) && value.length > 0 && value.every(isRealTensor)) return true;
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  return isList && Array.from(value as ArrayLike<unknown>).every(Number.isFinite);
}

/**
 * A given direction, as a tensor for each weight. Must run in a `tidy`.
 *
 * @param name the direction in messages.
 * @throws InvalidArgumentError if it does not fit the weights.
 */
export function givenDirection(
  name: string,
  direction: SurfaceDirection,
  weights: readonly NamedVariable[],
): readonly Tensor[] {
  if (Array.isArray(direction) && isRealTensor(direction[0])) return byWeight(name, direction as Tensor[], weights);
  const shapes = weights.map(({variable}) => variable.shape);
  const size = weights.reduce((sum, {variable}) => sum + variable.size, 0);
  const vector = isRealTensor(direction)
    ? direction
    : tf.tensor1d(Array.from(direction as ArrayLike<number>), 'float32');
  if (vector.rank !== 1 || vector.size !== size) {
    throw new InvalidArgumentError(
      `${name} has shape [${vector.shape.join(', ')}]; a vector of all trainable weights has shape [${size}].`,
    );
  }
  return unflatten(tf.cast(vector, 'float32') as Tensor1D, shapes);
}

function byWeight(name: string, tensors: readonly Tensor[], weights: readonly NamedVariable[]): Tensor[] {
  if (tensors.length !== weights.length) {
    throw new InvalidArgumentError(
      `${name} has ${tensors.length} tensors; the model has ${weights.length} trainable weights, so it must have as many: ` +
        `${weights.map(({path}) => path).join(', ')}.`,
    );
  }
  return tensors.map((tensor, i) => {
    const {path, variable} = weights[i]!;
    if (tf.util.arraysEqual(tensor.shape, variable.shape)) return tf.cast(tensor, 'float32');
    throw new InvalidArgumentError(
      `${name}[${i}] has shape [${tensor.shape.join(', ')}]; the weight ${path} has shape [${variable.shape.join(', ')}].`,
    );
  });
}
