import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import {type Call, type CellInternals, internalsOf, type Layer} from './layer.js';

/**
 * Replaces a layer's `call`, by which the layer computes its output.
 *
 * @param make is given the call as it is.
 */
export function replaceCall(layer: Layer, make: (call: Call) => Call): Undo {
  const target = internalsOf(layer);
  return patch(target, {call: make(target.call.bind(layer))});
}

/**
 * Replaces a layer's `apply`, by which the model calls the layer.
 *
 * @param make is given the function as it is.
 */
export function replaceApply(layer: Layer, make: (apply: Layer['apply']) => Layer['apply']): Undo {
  return patch(layer, {apply: make(layer.apply.bind(layer))});
}

/** Disposes of the dropout masks that a recurrent cell has drawn, so that it draws new ones. */
export function forgetDropout(cell: object): void {
  const target = cell as CellInternals;
  tf.dispose([target.dropoutMask ?? [], target.recurrentDropoutMask ?? []]);
  target.dropoutMask = null;
  target.recurrentDropoutMask = null;
}

/** Makes an `RNN` of cells draw its dropout for each batch. By itself it draws once for all batches. */
export function drawDropoutAnew(layer: Layer): Undo {
  const {cell} = internalsOf(layer);
  return replaceCall(layer, call => (inputs, keywords) => {
    for (const each of [cell!, ...(cell!.cells ?? [])]) forgetDropout(each);
    return call(inputs, keywords);
  });
}

/**
 * Replaces the call of a layer that ends in an activation by one made of the call without it.
 *
 * @param make is given the call without the activation, and the activation's name; `null` leaves the layer as it is.
 */
export function withoutActivation(
  layer: Layer,
  make: (call: (...args: Parameters<Call>) => Tensor, activation: string) => Call | null,
): Undo {
  const target = internalsOf(layer);
  const {activation} = target;
  if (!activation || typeof activation.getClassName !== 'function') return () => {};
  const call = target.call.bind(layer);
  const linear = {getClassName: () => 'linear', apply: (x: Tensor) => x};
  const made = make((inputs, keywords) => {
    const restore = patch(target, {activation: linear});
    try {
      return call(inputs, keywords) as Tensor;
    } finally {
      restore();
    }
  }, activation.getClassName());
  return made === null ? () => {} : replaceCall(layer, () => made);
}
