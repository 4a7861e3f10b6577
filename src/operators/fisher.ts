import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import type {LikelihoodLoss, RecordedOutput} from '../model/output-layer.js';
import {deriveSeed, probeVector, randomBits, uniform} from '../random.js';
import type {CurvatureOperator} from './blocks/network-operator.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './from-model/batch-dataset.js';
import type {Linearize} from './from-model/linearized-loss.js';
import {modelOperator} from './from-model/model-operator.js';
import type {OutputLoss} from './jacobian/network-jacobian.js';
import type {OutputCurvature} from './jacobian/sandwich.js';
import {linearizeSandwich} from './jacobian/sandwich.js';

/** Options of `fisher`. */
export interface FisherArgs extends CurvatureArgs {
  /** How many labels are drawn from the model's prediction for each sample. By default the expectation is exact. */
  readonly samples?: number;
}

const fisherArgs = optionsOf<FisherArgs>('fisher()')({
  ...curvatureArgs('fisher()').entries,
  samples: optional(wholeNumber()),
});

/**
 * The Fisher information Jᵀ E[s sᵀ] J of a model on one batch: s is the gradient in z of the log-likelihood of labels
 * that are drawn from the model's prediction. For the canonical pairs it equals the Gauss–Newton matrix.
 *
 * The loss is a negative log-likelihood up to scale: of a categorical distribution for the two categorical cross-entropies, of
 * independent Bernoulli distributions for binary cross-entropy, of independent normal distributions with variance ½ for the mean
 * squared error. The matrix is scaled like the loss. With `samples`, labels are drawn from these distributions with the seed,
 * and the expectation is the mean over them.
 *
 * A product costs about as much as one with the Hessian (Amari 1998; Martens 2020).
 *
 * @throws InvalidArgumentError for another loss, for samples that are not a whole number of at least 1, and as `hessian` does.
 */
export async function fisher(
  model: LayersModel,
  data: Batch | BatchDataset,
  args?: FisherArgs,
): Promise<CurvatureOperator> {
  const {samples, ...rest} = fisherArgs(args);
  const kind = {operator: 'fisher', ...(samples !== undefined && {samples})} as const;
  return modelOperator({name: 'Fisher information', linearize: linearizeFisher(samples), kind}, model, data, rest);
}

export function linearizeFisher(samples: number | undefined): Linearize {
  return linearizeSandwich((loss, seed) => fisherOfOutputs(loss, samples, seed));
}

function fisherOfOutputs(loss: OutputLoss, samples: number | undefined, seed: number): OutputCurvature {
  const outputs = loss.outputs.map((output, i) =>
    outputFisher(output, loss, rowScale(output, loss, i), samples, deriveSeed(seed, 'labels', i)),
  );
  return {
    multiply: (tangents, probes) => tangents.map((tangent, i) => outputs[i]!.multiply([tangent], probes)[0]!),
    dispose: () => {
      for (const output of outputs) output.dispose();
    },
  };
}

/** The factor of each row's log-likelihood in the loss, the sample's weight over the number of rows: `[…rows, 1]`. */
function rowScale({z}: RecordedOutput, {sampleWeights, batchSize}: OutputLoss, output: number): Tensor {
  const rows = z.shape.slice(0, -1);
  const count = rows.reduce((a, b) => a * b, 1);
  const weights = sampleWeights[output];
  if (!weights) return tf.fill([...rows.map(() => 1), 1], 1 / count);
  return tf.div(tf.reshape(weights, [batchSize, ...Array<number>(z.shape.length - 1).fill(1)]), count);
}

function outputFisher(
  output: RecordedOutput,
  of: OutputLoss,
  scale: Tensor,
  samples: number | undefined,
  seed: number,
): OutputCurvature {
  const {loss, z, prediction} = output;
  if (loss === null) {
    throw new InvalidArgumentError(
      'The Fisher information needs a loss that is a likelihood: categoricalCrossentropy, sparseCategoricalCrossentropy, ' +
        'binaryCrossentropy or meanSquaredError, by name. empiricalFisher() and gaussNewton() take any.',
    );
  }
  const canonical = z !== prediction || loss === 'meanSquaredError';
  const p = of.tensorOf(prediction);
  // The loss is the mean over independent units.
  const unit = loss === 'binaryCrossentropy' || loss === 'meanSquaredError' ? 1 / p.shape.at(-1)! : 1;
  const factor = tf.keep(tf.mul(scale, unit));
  if (samples === undefined) return exact(loss, canonical, tf.keep(p.clone()), factor);
  const scores = Array.from({length: samples}, (_, i) =>
    tf.keep(score(loss, canonical, p, drawLabels(loss, p, deriveSeed(seed, i)))),
  );
  return {
    // mean over draws of s ⟨s, ż⟩
    multiply: ([tangent]) => {
      const terms = scores.map(s => tf.mul(s, tf.sum(tf.mul(s, tangent!), -1, true)));
      return [tf.mul(tf.mul(tf.addN(terms), 1 / samples), factor)];
    },
    dispose: () => tf.dispose([...scores, factor]),
  };
}

/** E[s sᵀ], from its formula. */
function exact(loss: LikelihoodLoss, canonical: boolean, p: Tensor, factor: Tensor): OutputCurvature {
  const multiply = (tangent: Tensor): Tensor => {
    if (loss === 'meanSquaredError') return tf.mul(tangent, 2);
    if (loss === 'binaryCrossentropy') {
      const variance = tf.mul(p, tf.sub(1, p));
      return canonical ? tf.mul(tangent, variance) : tf.div(tangent, variance);
    }
    if (!canonical) return tf.div(tangent, p);
    // (diag(p) − p pᵀ) ż
    const weighted = tf.mul(p, tangent);
    return tf.sub(weighted, tf.mul(p, tf.sum(weighted, -1, true)));
  };
  return {
    multiply: ([tangent]) => [tf.mul(multiply(tangent!), factor)],
    dispose: () => tf.dispose([p, factor]),
  };
}

/** The gradient in z of the negative log-likelihood of labels y. */
function score(loss: LikelihoodLoss, canonical: boolean, p: Tensor, y: Tensor): Tensor {
  if (loss === 'meanSquaredError') return tf.mul(tf.sub(p, y), 2);
  if (canonical) return tf.sub(p, y);
  if (loss === 'binaryCrossentropy') return tf.div(tf.sub(p, y), tf.mul(p, tf.sub(1, p)));
  return tf.neg(tf.div(y, p));
}

/** Labels drawn from the model's prediction, in its shape. */
function drawLabels(loss: LikelihoodLoss, p: Tensor, seed: number): Tensor {
  if (loss === 'meanSquaredError') {
    const noise = tf.tensor(probeVector(seed, 0, p.size, 'gaussian'), p.shape);
    return tf.add(p, tf.mul(noise, Math.SQRT1_2));
  }
  const bits = randomBits(seed, 0);
  const uniforms = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, () => uniform(bits)),
      shape,
    );
  if (loss === 'binaryCrossentropy') return tf.cast(tf.less(uniforms(p.shape), p), 'float32');
  // Inverse transform sampling: the first class whose cumulative probability is above the number.
  const draw = uniforms([...p.shape.slice(0, -1), 1]);
  const upper = tf.cumsum(tf.div(p, tf.sum(p, -1, true)), p.rank - 1);
  const above = tf.cast(tf.lessEqual(upper, draw), 'float32');
  const chosen = tf.minimum(tf.sum(above, -1), p.shape.at(-1)! - 1);
  return tf.cast(tf.oneHot(tf.cast(chosen, 'int32'), p.shape.at(-1)!), 'float32');
}
