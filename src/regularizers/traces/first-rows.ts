import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {noiseOf, withFreshDraws} from '../../model/compiled-training/random-draws.js';
import {compiledStepContext} from '../../model/compiled-training/step-context.js';
import {dataLoss} from '../../model/data-loss.js';
import type {StepBatch} from '../../model/training-step.js';
import {seededRandom, undisturbed} from '../../model/undisturbed.js';
import {withOwned} from '../../owned.js';
import type {TapedLoss} from './taped-loss.js';
import {ForwardRecording} from './taped-loss.js';

export interface SubBatchArgs {
  readonly rows: number;
  /** Seeds what dropout and noise layers draw. A compiled step asks again in each step. */
  readonly seed: () => number;
  readonly withOutputs: boolean;
}

/**
 * The data loss on a batch's first rows, by a separate forward pass on the active tape.
 *
 * Batch normalization uses the moments of these rows, and dropout draws other masks. Moving averages and the random numbers of
 * training do not change.
 */
export function lossOnFirstRows(
  model: LayersModel,
  batch: StepBatch,
  {rows, seed, withOutputs}: SubBatchArgs,
): TapedLoss {
  const first = <T extends tf.Tensor>(tensor: T) => tf.slice(tensor, 0, rows);
  return undisturbed(model, {training: true, seed: seed()}, () =>
    withOwned(owned => {
      const forward = owned.use(new ForwardRecording(model, withOutputs));
      const rowsOf = {
        inputs: batch.inputs.map(first),
        targets: batch.targets.map(first),
        sampleWeights: batch.sampleWeights.map(weights => weights && first(weights)),
        training: true,
      };
      const loss = withOwnDraws(model, seed, () => dataLoss(model, rowsOf));
      return forward.endAt(loss);
    }),
  );
}

/** Draws as `undisturbed` does, a compiled step too: from the seed of the step. */
function withOwnDraws<T>(model: LayersModel, seed: () => number, body: () => T): T {
  const context = compiledStepContext();
  if (context === null) return body();
  let newest: number | null = null;
  let random = seededRandom(0);
  const seeds = () => {
    const now = seed();
    if (now !== newest) random = seededRandom(now);
    newest = now;
    return random();
  };
  return withFreshDraws(noiseOf(model.layers), context, seeds, body);
}
