import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from '../../../engine/load.js';
import {InvalidArgumentError} from '../../../errors.js';
import type {Batch} from '../../../model/batch.js';
import {statefulLayers} from '../../../tfjs-internals/layers/layer.js';
import {targetShapes} from '../../../tfjs-internals/layers/model.js';
import type {ArrayData, DataSet} from './array-data.js';

export interface BatchArgs {
  readonly batchSize: number;
  /** The number of batches; `undefined`: all. */
  readonly batches: number | undefined;
  readonly training: boolean;
}

/**
 * Splits the data into batches for the model; the caller owns their tensors. Rows are reshaped to the input shape of the
 * model if their size fits.
 */
export function batchesOf(
  tf: Pick<TensorFlow, 'tensor'>,
  model: LayersModel,
  {x, y}: DataSet,
  {batchSize, batches, training}: BatchArgs,
): Batch[] {
  checkCount('x', x, model.inputs.length, 'inputs');
  checkCount('y', y, model.outputs.length, 'outputs');
  const targets = targetShapes(model).map(shape => ({shape}));
  const rows = x[0]!.shape[0]!;
  const count = Math.min(batches ?? Number.POSITIVE_INFINITY, Math.ceil(rows / batchSize));
  if (count > 1) checkStateless(model);
  return Array.from({length: count}, (_, i) => {
    const from = i * batchSize;
    const to = Math.min(rows, from + batchSize);
    const tensors = (arrays: readonly ArrayData[], places: readonly {shape: readonly (number | null)[]}[]) =>
      arrays.map((array, j) => slice(tf, array, from, to, places[j]!.shape.slice(1)));
    return {x: tensors(x, model.inputs), y: tensors(y, targets), training};
  });
}

/** Every batch must start from the initial states of the layers. */
function checkStateless({layers}: LayersModel): void {
  const [layer] = statefulLayers(layers);
  if (layer === undefined) return;
  throw new InvalidArgumentError(
    `Layer "${layer.name}" (${layer.getClassName()}) is stateful: its state would carry over from batch to batch, but batches are independent ` +
      'here; use one batch (--batches 1), or build the model without stateful.',
  );
}

function slice(
  tf: Pick<TensorFlow, 'tensor'>,
  {shape, values}: ArrayData,
  from: number,
  to: number,
  wanted: readonly (number | null)[],
): Tensor {
  const own = shape.slice(1);
  const size = own.reduce((product, n) => product * n, 1);
  const isKnown = wanted.every((n): n is number => n !== null);
  const fits = isKnown && wanted.reduce((product, n) => product * n, 1) === size;
  const row = fits ? wanted : own.length === 0 ? [1] : own;
  return tf.tensor(values.slice(from * size, to * size), [to - from, ...row], 'float32');
}

function checkCount(letter: string, arrays: readonly ArrayData[], count: number, what: string): void {
  if (arrays.length === count) return;
  const names = count === 1 ? letter : Array.from({length: count}, (_, i) => `${letter}${i}`).join(', ');
  throw new InvalidArgumentError(
    `The data have ${arrays.length} arrays ${letter}, and the model has ${count} ${what}; give the arrays ${names}.`,
  );
}
