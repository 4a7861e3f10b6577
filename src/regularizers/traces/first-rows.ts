import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compiledStepContext} from '../../model/compiled-training/step-context.js';
import {dataLoss} from '../../model/data-loss.js';
import type {StepBatch} from '../../model/training-step.js';
import {undisturbed} from '../../model/undisturbed.js';
import {withOwned} from '../../owned.js';
import {replaceMathRandom} from '../../tfjs-internals/math-random.js';
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
      owned.use({dispose: refuseDraws()});
      const forward = owned.use(new ForwardRecording(model, withOutputs));
      const loss = dataLoss(model, {
        inputs: batch.inputs.map(first),
        targets: batch.targets.map(first),
        sampleWeights: batch.sampleWeights.map(weights => weights && first(weights)),
        training: true,
      });
      return forward.endAt(loss);
    }),
  );
}

function refuseDraws(): () => void {
  const context = compiledStepContext();
  if (context === null) return () => {};
  const {random} = Math;
  return replaceMathRandom(() => {
    context.refuse('a penalty on the first rows of a batch draws random numbers of its own');
    return random();
  });
}
