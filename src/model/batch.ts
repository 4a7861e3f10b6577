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
import type {ModelInternals} from '../tfjs-internals/layers/model.js';
import {trainingModel} from '../tfjs-internals/layers/model.js';
import {lastingModel} from './lasting-model.js';
import {requireModel} from './model-argument.js';

/** Tensors as `model.fit` takes them: one, a list in the model's order, or a dict by name. */
export type TensorsByName = Tensor | Tensor[] | {[name: string]: Tensor};

/** The data that a loss is taken on. */
export interface Batch {
  readonly x: TensorsByName;
  readonly y: TensorsByName;
  /** Weights of the samples, `[batchSize]`, for the only output or for each output; in a list, `null` for an output without them. */
  readonly sampleWeight?: TensorsByName;
  /** The `training` argument of layers such as dropout and batch normalization. Default: `true`, as in `fit`. */
  readonly training?: boolean;
}

const TENSORS = 'a tensor, a list of tensors or an object of tensors by name, none of them disposed of';

/** Tensors as `model.fit` takes them. `none` accepts the value of an output without sample weights. */
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

/**
 * A checked batch, with the defaults filled in.
 *
 * @throws InvalidArgumentError if the value is not a batch.
 */
export function checkBatch(batch: Batch): ReturnType<typeof batchOf> {
  if (batch === null || typeof batch !== 'object' || !('x' in batch) || !('y' in batch)) {
    throw new InvalidArgumentError(`A batch is {x, y}: tensors as model.fit takes them. Got ${show(batch)}.`);
  }
  return batchOf(batch);
}

/** A batch in the form that the training step takes. */
export interface StandardBatch {
  readonly inputs: Tensor[];
  readonly targets: Tensor[];
  /** One for each output, `null` for an output without them. */
  readonly sampleWeights: (Tensor | null)[];
  readonly training: boolean;
}

/**
 * A batch in the order and shapes that the model takes. Must run in a `tidy`: tensors may be new.
 *
 * @throws InvalidArgumentError for a model that is not compiled, or data that does not fit it.
 */
export function standardizeBatch(model: LayersModel, batch: Batch): StandardBatch {
  requireModel(model);
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
    throw new InvalidArgumentError(misfit(lastingModel(model).name, internals, batch, error), {cause: error});
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

/** The message about a batch that does not fit. TensorFlow.js' own message may print all values of the tensors. */
function misfit(name: string, internals: ModelInternals, {x, y}: Batch, error: unknown): string {
  const {inputNames, outputNames, feedInputShapes, feedOutputShapes} = internals;
  const [said] = (error instanceof Error ? error.message : String(error)).split(/,? but instead got the following|\n/);
  const reason = said!.length > 200 ? '' : ` ${said!.replace(/\.?$/, '.')}`;
  const wanted = (names: readonly string[], shapes: readonly Shape[]) =>
    names.map((each, i) => `"${each}" ${shape(shapes[i] ?? [])}`).join(', ');
  return (
    `The batch does not fit model "${name}".${reason} The model takes x: ${wanted(inputNames, feedInputShapes)}; ` +
    `y: ${wanted(outputNames, feedOutputShapes)}. The batch has x: ${shapesOf(x)}; y: ${shapesOf(y)}.${labelHint(internals, y)}`
  );
}

type Shape = readonly (number | null)[];

function shape(dimensions: Shape): string {
  return `[${dimensions.map((d, i) => d ?? (i === 0 ? 'batch' : 'any')).join(', ')}]`;
}

function shapesOf(data: unknown): string {
  if (data instanceof tf.Tensor) return shape(data.shape);
  if (Array.isArray(data)) return data.length > 4 ? `a list of ${data.length}` : `(${data.map(shapesOf).join(', ')})`;
  if (typeof data !== 'object' || data === null) return String(data);
  return Object.entries(data)
    .slice(0, 4)
    .map(([name, each]) => `"${name}" ${shapesOf(each)}`)
    .join(', ');
}

/** A hint where class numbers or one-hot rows are given to the loss for the other kind of labels. */
function labelHint({loss, feedOutputShapes, outputNames}: ModelInternals, y: unknown): string {
  const labels = [y].flat()[0];
  const only = typeof loss === 'string' ? loss : Object.values(loss ?? {})[0];
  if (outputNames.length !== 1 || !(labels instanceof tf.Tensor) || typeof only !== 'string') return '';
  const classes = feedOutputShapes[0]!.at(-1);
  const isOneNumber = labels.rank < feedOutputShapes[0]!.length || labels.shape.at(-1) === 1;
  if (isOneNumber && /^categorical_?crossentropy$/i.test(only)) {
    return (
      ` Labels that are class numbers go with the loss 'sparseCategoricalCrossentropy', or become rows by ` +
      `tf.oneHot(labels, ${classes}).`
    );
  }
  if (labels.shape.at(-1) === classes && /^sparse_?categorical_?crossentropy$/i.test(only)) {
    return " Labels that are one-hot rows go with the loss 'categoricalCrossentropy', or become class numbers by labels.argMax(-1).";
  }
  return '';
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
