import {InvalidArgumentError} from '../../errors.js';
import type {HeldBatch} from '../../operators/from-model/batch-dataset.js';
import {deriveSeed} from '../../random.js';
import {lossGradientLength, type PenalizedModel, penaltyGradientLengths} from './gradient-lengths.js';
import {jackknifeError} from './jackknife.js';
import type {SweepPoint} from './sweep-points.js';

/** A strength, and what it comes from. Plain data that survives JSON. */
export interface SuggestedStrength {
  /**
   * λ: the penalty's gradient then is `share` times as long as the loss's. With validation data: the strength that the sweep has
   * picked, which is 0 if no strength lowers the validation loss beyond chance.
   */
  readonly strength: number;
  /** ‖∇L‖ over all trainable weights, of the loss without penalty; over several batches, the root of the mean square. */
  readonly lossGradient: number;
  /**
   * The length of the gradient of a step's penalty at strength 1, over all trainable weights: the root of the mean square over draws
   * and batches.
   */
  readonly penaltyGradient: number;
  /** The number of batches. */
  readonly batches: number;
  /**
   * The standard errors, from the scatter over the batches, of both lengths and of the strength that has the share (jackknife).
   * `null` for one batch.
   */
  readonly standardErrors: {
    readonly strength: number | null;
    readonly lossGradient: number | null;
    readonly penaltyGradient: number | null;
  } | null;
  /** What each strength does to the validation loss, in ascending order from 0. Only with validation data. */
  readonly sweep?: readonly SweepPoint[];
}

/** The lengths of gradients on one batch. */
export interface BatchLengths {
  readonly loss: number;
  /** One for each draw. */
  readonly penalties: readonly number[];
}

/** Measures the lengths on each batch. `onUnit` is called after each gradient. */
export async function measureBatches(
  penalized: PenalizedModel,
  held: readonly HeldBatch[],
  {draws, seed}: {readonly draws: number; readonly seed: number},
  onUnit: () => Promise<void>,
): Promise<BatchLengths[]> {
  const lengths: BatchLengths[] = [];
  for (const [i, {batch}] of held.entries()) {
    const ofBatch = i === 0 ? seed : deriveSeed(seed, i);
    const loss = await lossGradientLength(penalized, batch, ofBatch);
    await onUnit();
    const steps = Array.from({length: draws}, (_, draw) => 1 + i * draws + draw);
    lengths.push({
      loss,
      penalties: await penaltyGradientLengths(penalized, batch, {steps, seed: ofBatch, onStep: onUnit}),
    });
  }
  return lengths;
}

/**
 * The strength with which the gradient of the penalty is a share of that of the loss.
 *
 * @throws InvalidArgumentError where one of both gradients is zero or not finite.
 */
export function strengthOfShare(batches: readonly BatchLengths[], share: number): SuggestedStrength {
  const lossOf = (some: readonly BatchLengths[]) => rootMeanSquare(some.map(({loss}) => loss));
  const penaltyOf = (some: readonly BatchLengths[]) => rootMeanSquare(some.flatMap(({penalties}) => penalties));
  const strengthOf = (some: readonly BatchLengths[]) => (share * lossOf(some)) / penaltyOf(some);
  const [lossGradient, penaltyGradient] = [lossOf(batches), penaltyOf(batches)];
  requireLength('loss', lossGradient, 'train the model for some steps first, or take another batch');
  requireLength('penalty', penaltyGradient, 'the traces of these layers do not depend on the weights: penalize others');
  return {
    ...{strength: strengthOf(batches), lossGradient, penaltyGradient, batches: batches.length},
    standardErrors:
      batches.length < 2
        ? null
        : {
            strength: jackknifeError(batches, strengthOf),
            lossGradient: jackknifeError(batches, lossOf),
            penaltyGradient: jackknifeError(batches, penaltyOf),
          },
  };
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}

function requireLength(what: string, length: number, wayOut: string): void {
  if (length > 0 && Number.isFinite(length)) return;
  throw new InvalidArgumentError(
    `The gradient of the ${what} has the length ${length}, so no strength fits; ${wayOut}.`,
  );
}
