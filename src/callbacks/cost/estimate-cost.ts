import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optionsOf} from '../../arguments/options.js';
import {requireEnds} from '../../estimators/spectrum.js';
import {type LongWorkArgs, longWork, longWorkEntries} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {checkBatch} from '../../model/batch.js';
import {disposeBatch, firstRows} from '../../model/batch-tensors.js';
import {requireModel} from '../../model/model-argument.js';
import {type MeasurementArgs, measurementArgs, partsOf, requireMeasurable} from '../measurement-args.js';
import {curvatures} from '../sampling/curvatures.js';
import {partsTaken, passesOf, vectorsOf} from '../sampling/gradient-statistics.js';
import {edgeProducts} from '../sampling/read-edge.js';
import {type Made, MOST_MEASURED, measuredCost, type SampleCostEstimate} from './measured-cost.js';

/** Options of {@link estimateCost}: those of `HessianSpectrumCallback` that say what a sample measures. */
export interface EstimateCostArgs extends MeasurementArgs, LongWorkArgs {}

const estimateCostArgs = optionsOf<EstimateCostArgs>('estimateCost()')({
  ...measurementArgs.entries,
  ...longWorkEntries,
});

/** The operator is made once to count bytes, and once to be timed. */
const LINEARIZATIONS = 2;

/**
 * What a sample of `HessianSpectrumCallback` will take, before it is taken.
 *
 * The seconds are those of a machine as busy as it is now. They leave out what a first product takes to be compiled, and do not
 * count that products get faster when they run as one graph: a sample may take half of it. The bytes are those of tensors:
 * what the linearization holds, the Lanczos vectors, and what a product needs for a while.
 *
 * Costs two linearizations, each about two gradient passes, and two to four blocks of `probes` products with the network and with each
 * of at most three layers.
 *
 * @param model a compiled model.
 * @param batch the data of a sample, `{x, y}`; it stays the property of the caller.
 * @returns gradient passes on this batch, seconds, and bytes.
 * @throws InvalidArgumentError for bad options, more eigenvalues than steps, an unknown layer, or a batch that does not fit the model.
 * @throws UnsupportedKernelError if the model runs a kernel without a rule.
 * @example
 * const {seconds, bytes} = await estimateCost(model, {x, y}, {layers: 'middle', subBatch: 64});
 */
export async function estimateCost(
  model: LayersModel,
  batch: Batch,
  args?: EstimateCostArgs,
): Promise<SampleCostEstimate> {
  requireModel(model);
  const checked = estimateCostArgs(args);
  requireMeasurable(checked);
  const {subBatch: rows, operator: name, seed: dropoutSeed, regularizers, gradients: statistics, ...work} = checked;
  const given = checkBatch(batch);
  const used = rows === undefined ? given : firstRows(given, rows);
  const make = () => curvatures[name](model, used, {seed: dropoutSeed, ...(regularizers && {regularizers})});
  return longWork(work, LINEARIZATIONS + MOST_MEASURED, async task => {
    const before = tf.memory().numBytes;
    const {peakBytes} = await tf.profile(async () => {
      (await make()).dispose();
      return [];
    });
    task.count(1);
    await task.pause();
    const began = performance.now();
    const bytesBefore = tf.memory().numBytes;
    const network = await make();
    task.count(1);
    try {
      requireEnds(network, {k: Math.min(work.k, network.size), steps: work.steps});
      const made = {network, seconds: (performance.now() - began) / 1000, bytesBefore};
      const cost = await measuredCost(made, {...work, edgeProducts: edgeProducts(model, name, work)}, task);
      const curvature = {...cost, bytes: Math.max(cost.bytes, peakBytes - before)};
      const parts = partsOf(statistics);
      return parts === null
        ? curvature
        : withGradients(curvature, made, peakBytes - before, partsTaken(model, used, parts));
    } finally {
      network.dispose();
    }
  }).finally(() => {
    if (rows !== undefined) disposeBatch(used);
  });
}

/** A linearization takes about two gradient passes. */
const PASSES_OF_LINEARIZATION = 2;

/** The statistics of gradients come before the spectra. The weights before the step are held all the time. */
function withGradients(
  {gradientPasses, seconds, bytes}: SampleCostEstimate,
  made: Made,
  linearizationBytes: number,
  parts: number,
): SampleCostEstimate {
  const vector = 4 * made.network.size;
  const passes = passesOf(parts, true);
  return {
    gradientPasses: gradientPasses + passes,
    seconds: seconds + (passes * made.seconds) / PASSES_OF_LINEARIZATION,
    bytes: vector + Math.max(bytes, linearizationBytes + vectorsOf(parts) * vector),
  };
}
