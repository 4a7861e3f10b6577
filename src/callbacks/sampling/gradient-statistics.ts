import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {TfjsHessianError} from '../../errors.js';
import type {BlockGradient, GradientRecord} from '../../metrics/records.js';
import type {Batch} from '../../model/batch.js';
import {batchSize, disposeBatch, firstRows, mapBatch} from '../../model/batch-tensors.js';
import {variablesOf, type WeightedLayer, weightedLayers} from '../../model/layers/weighted-layers.js';
import {lossGradient} from '../../model/loss-gradient.js';
import type {WeightSnapshot} from '../../model/weight-snapshot.js';
import {deriveSeed} from '../../random.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import {statefulLayers} from '../../tfjs-internals/layers/layer.js';
import {flatWeights} from './weight-norms.js';

export interface GradientStatisticsArgs {
  /** The weights before the newest step; `null` before the first one. */
  readonly before: WeightSnapshot | null;
  /** The number of parts of the batch whose gradients give the noise scale. */
  readonly parts: number;
  /** Uses the first rows only; `null`: all. */
  readonly subBatch: number | null;
  /** Whether the loss includes the penalties of the layers' regularizers. */
  readonly regularizers: boolean;
  readonly seed: number;
}

/** The gradient of the loss on a batch, with the present weights, in the scope of the caller. */
type GradientOf = (batch: Batch, seed: number) => Tensor1D;

/** What is read from the engine for one block: squared lengths, and Σ bᵢ ‖Gᵢ − Ḡ‖² over the parts of bᵢ samples. */
interface Squares {
  readonly gradient: number;
  readonly weights: number;
  readonly update: number;
  readonly meanOfParts: number;
  readonly scatter: number;
}

/** Gradients and their cost. */
export interface MeasuredGradients {
  readonly gradients: GradientRecord;
  readonly gradientPasses: number;
}

/** The gradient passes of the statistics: on the batch, on its parts, and on the batch with the weights before the step. */
export const passesOf = (parts: number, hasStep: boolean): number => 1 + (parts > 1 ? 1 : 0) + (hasStep ? 1 : 0);

/**
 * The number of parts that a batch is cut into: at most one for each sample. The batch of a model with stateful layers is not cut: it is as large as
 * their states, and its samples continue earlier ones, so they are not independent.
 */
export const partsTaken = (model: LayersModel, batch: Batch, parts: number): number =>
  statefulLayers(model.layers).length > 0 ? 1 : Math.min(parts, batchSize(batch));

/** The vectors of all weights that the statistics hold at once. */
export const vectorsOf = (parts: number): number => parts + 6;

/**
 * Statistics of the loss's gradient on a batch, and of the newest step. The gradients are taken synchronously, with the weights at the
 * call; the training is not affected. Costs a gradient pass on the batch, one for all its parts, and one with the weights before the step.
 *
 * @throws TfjsHessianError if a gradient is not finite.
 */
export async function gradientStatistics(
  model: LayersModel,
  given: Batch,
  {before, parts, subBatch, regularizers, seed}: GradientStatisticsArgs,
): Promise<MeasuredGradients> {
  const layers = weightedLayers(model);
  const rows = subBatch === null ? null : firstRows(given, subBatch);
  const batch = rows ?? given;
  const sizes = partSizes(batchSize(batch), partsTaken(model, batch, parts));
  const gradientOf: GradientOf = (of, ofSeed) => lossGradient(model, layers, of, {seed: ofSeed, regularizers});
  let numbers: Tensor;
  try {
    numbers = inScope(() => {
      const gradient = gradientOf(batch, seed);
      const {mean, scatter} = ofParts(gradientOf, layers, batch, sizes, gradient, seed);
      const weights = flatWeights(layers);
      const start = before?.during(() => ({
        weights: flatWeights(layers),
        gradient: gradientOf(batch, seed),
      })) ?? {weights, gradient};
      const update = tf.sub<Tensor1D>(weights, start.weights);
      const slopes = [start.gradient, gradient].map(vector => tf.sum(tf.mul(vector, update)));
      const squares = [gradient, start.weights, update, mean].map(vector => squaresByLayer(vector, layers));
      return tf.keep(tf.concat1d([tf.stack(slopes) as Tensor1D, ...squares, scatter]));
    });
  } finally {
    if (rows !== null) disposeBatch(rows);
  }
  const gradientPasses = passesOf(sizes.length, before !== null);
  try {
    const values = [...(await numbers.data())];
    if (!values.every(Number.isFinite)) {
      throw new TfjsHessianError(
        'The gradient of the loss is not finite on this batch, so it has no statistics: look for NaN in the data, or lower the learning rate.',
      );
    }
    return {gradients: recordOf(values, layers, sizes, before !== null), gradientPasses};
  } finally {
    numbers.dispose();
  }
}

/** The numbers of samples in parts of nearly the same size. */
function partSizes(size: number, count: number): number[] {
  const edge = (i: number) => Math.round((i * size) / count);
  return Array.from({length: count}, (_, i) => edge(i + 1) - edge(i));
}

/** The mean Ḡ = Σ bᵢ Gᵢ / B of the gradients of a batch's parts, and Σ bᵢ ‖Gᵢ − Ḡ‖² of each layer. */
function ofParts(
  gradientOf: GradientOf,
  layers: readonly WeightedLayer[],
  batch: Batch,
  sizes: readonly number[],
  gradient: Tensor1D,
  seed: number,
): {readonly mean: Tensor1D; readonly scatter: Tensor1D} {
  if (sizes.length < 2) return {mean: gradient, scatter: tf.zeros([layers.length])};
  const total = batchSize(batch);
  let from = 0;
  const gradients = sizes.map((rows, i) => {
    const part = mapBatch(batch, tensor => tf.slice(tensor, from, rows));
    from += rows;
    // With dropout, each part has masks of its own, as in training.
    return gradientOf(part, deriveSeed(seed, i + 1));
  });
  const mean = gradients
    .map((part, i) => tf.mul<Tensor1D>(part, sizes[i]! / total))
    .reduce((sum, part) => tf.add<Tensor1D>(sum, part));
  const scatter = gradients
    .map((part, i) => tf.mul<Tensor1D>(squaresByLayer(tf.sub(part, mean), layers), sizes[i]!))
    .reduce((sum, squares) => tf.add<Tensor1D>(sum, squares));
  return {mean, scatter};
}

function recordOf(
  [slopeBefore, slopeNow, ...squares]: number[],
  layers: readonly WeightedLayer[],
  sizes: readonly number[],
  hasStep: boolean,
): GradientRecord {
  const block = (of: (row: readonly number[]) => number): BlockGradient => {
    const at = (row: number) => of(squares.slice(row * layers.length, (row + 1) * layers.length));
    return blockOf(
      {gradient: at(0), weights: at(1), update: at(2), meanOfParts: at(3), scatter: at(4)},
      sizes,
      hasStep,
    );
  };
  return {
    full: block(row => row.reduce((sum, value) => sum + value, 0)),
    layers: Object.fromEntries(layers.map(({name}, i) => [name, block(row => row[i]!)])),
    // α = −⟨∇L(θ₁), s⟩ / ⟨∇L(θ₀), s⟩ for the step s = θ₁ − θ₀.
    alpha: hasStep && slopeBefore! < 0 ? -slopeNow! / slopeBefore! : null,
    parts: sizes.length,
  };
}

function blockOf(squares: Squares, sizes: readonly number[], hasStep: boolean): BlockGradient {
  return {
    norm: Math.sqrt(squares.gradient),
    updateRatio: hasStep && squares.weights > 0 ? Math.sqrt(squares.update / squares.weights) : null,
    noiseScale: noiseScale(squares, sizes),
  };
}

/**
 * tr Σ / |G|², with G the gradient of the expected loss and Σ the covariance of the samples' gradients (McCandlish et al. 2018).
 *
 * For n parts of bᵢ of B samples, E Σ bᵢ ‖Gᵢ − Ḡ‖² = (n − 1) tr Σ and E ‖Ḡ‖² = |G|² + tr Σ / B give unbiased estimates of both.
 * With parts of the same size they are those of their appendix A.1.
 */
function noiseScale({meanOfParts, scatter}: Squares, sizes: readonly number[]): number | null {
  if (sizes.length < 2) return null;
  const variance = scatter / (sizes.length - 1);
  const signal = meanOfParts - variance / sizes.reduce((sum, size) => sum + size, 0);
  return signal > 0 ? variance / signal : null;
}

/** ‖v‖² of each layer's part of a vector, `[layers]`. */
function squaresByLayer(vector: Tensor1D, layers: readonly WeightedLayer[]): Tensor1D {
  const sizes = layers.map(layer => variablesOf([layer]).reduce((sum, {size}) => sum + size, 0));
  const parts = tf.split(vector, sizes);
  return tf.stack(parts.map(part => tf.sum(tf.square(part)))) as Tensor1D;
}
