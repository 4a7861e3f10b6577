import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {flag, that} from '../arguments/kinds.js';
import {isRecord, optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {isTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {trainingModel} from './layers-internals.js';

/** Tensors as `model.fit` takes them: one, a list in the model's order, or a dict by name. */
export type TensorsByName = Tensor | Tensor[] | {[name: string]: Tensor};

/** The data that a loss is taken on. */
export interface Batch {
  readonly x: TensorsByName;
  readonly y: TensorsByName;
  /** A weight for each sample, `[batchSize]`, of the one output or by output; in a list, `null` for an output without. */
  readonly sampleWeight?: TensorsByName;
  /** What layers such as dropout and batch normalization are called with; default `true`, as `fit` does. */
  readonly training?: boolean;
}

const TENSORS = 'a tensor, a list of tensors or an object of tensors by name, none of them disposed of';

/** What `model.fit` takes. An output may have no sample weights, which is null in a list. */
function tensorsByName(none: (value: unknown) => boolean = () => false): GenericSchema<TensorsByName> {
  const isAll = (values: unknown[]) => values.length > 0 && values.every(value => isTensor(value) || none(value));
  return that(
    value => isTensor(value) || (Array.isArray(value) ? isAll(value) : isRecord(value) && isAll(Object.values(value))),
    TENSORS,
  );
}

export const batchOf = optionsOf<Batch>(
  'a batch',
  'a part',
)({
  x: tensorsByName(),
  y: tensorsByName(),
  sampleWeight: optional(tensorsByName(value => value === null)),
  training: optional(flag(), true),
});

/** @throws InvalidArgumentError for what is no batch. */
export function checkBatch(batch: Batch): ReturnType<typeof batchOf> {
  if (batch === null || typeof batch !== 'object' || !('x' in batch) || !('y' in batch)) {
    throw new InvalidArgumentError(`A batch is {x, y}: tensors as model.fit takes them. Got ${show(batch)}.`);
  }
  return batchOf(batch);
}

/** A batch as the training step takes it. */
export interface StandardBatch {
  readonly inputs: Tensor[];
  readonly targets: Tensor[];
  /** One an output, `null` where it has none. */
  readonly sampleWeights: (Tensor | null)[];
  readonly training: boolean;
}

/**
 * A batch in the model's own order and shapes. Must run in a `tidy`: tensors may be new.
 *
 * @throws InvalidArgumentError for a model that is not compiled, for data that does not fit it.
 */
export function standardizeBatch(model: LayersModel, batch: Batch): StandardBatch {
  const internals = trainingModel(model);
  if (!internals?.optimizer_ || !internals.lossFunctions) {
    throw new InvalidArgumentError(
      `Model "${model.name}" is not compiled, so it has no loss; call model.compile({optimizer, loss}) first.`,
    );
  }
  const {x, y, sampleWeight, training} = checkBatch(batch);
  let standard: [Tensor[], Tensor[]];
  try {
    standard = internals.standardizeUserDataXY(x, y);
  } catch (error) {
    throw new InvalidArgumentError(
      `The batch does not fit model "${model.name}": ${error instanceof Error ? error.message : String(error)}`,
      {cause: error},
    );
  }
  const [inputs, targets] = standard;
  for (const tensor of [...inputs, ...targets]) {
    if (tensor.dtype === 'string' || tensor.dtype === 'complex64') {
      throw new InvalidArgumentError(
        `The batch holds a ${tensor.dtype} tensor; the loss is taken on numbers. Encode it first.`,
      );
    }
  }
  const size = inputs[0]!.shape[0]!;
  if (size === 0) throw new InvalidArgumentError('The batch is empty; it must hold at least one sample.');
  return {
    inputs,
    targets,
    sampleWeights: standardizeWeights(sampleWeight, internals.outputNames, size),
    training,
  };
}

function standardizeWeights(weights: TensorsByName | undefined, outputs: string[], size: number): (Tensor | null)[] {
  const rule = `sampleWeight is a tensor of shape [${size}] for each output (${outputs.join(', ')})`;
  let list: (Tensor | null | undefined)[];
  if (weights === undefined || weights === null) list = outputs.map(() => null);
  else if (weights instanceof tf.Tensor) list = [weights];
  else if (Array.isArray(weights)) list = weights;
  else {
    const unknown = Object.keys(weights).find(name => !outputs.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`${rule}; there is no output "${unknown}".`);
    list = outputs.map(name => weights[name]);
  }
  if (list.length !== outputs.length) throw new InvalidArgumentError(`${rule}; got ${list.length} of them.`);
  return list.map(weight => {
    if (weight === null || weight === undefined) return null;
    if (weight.size !== size) throw new InvalidArgumentError(`${rule}; got one of shape [${weight.shape.join(', ')}].`);
    return tf.reshape(weight, [size]);
  });
}
