import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {keptGradients, RecordedGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import type {Recorder, Recording} from '../autodiff/recording/recording.js';
import {record} from '../autodiff/recording/recording.js';
import {InvalidArgumentError} from '../errors.js';
import type {Value} from '../graph/graph.js';
import {inScope} from '../tfjs-internals/core/tensors.js';
import type {Batch} from './batch.js';
import {standardizeBatch} from './batch.js';
import type {OnPrediction} from './data-loss.js';
import {dataLoss} from './data-loss.js';
import type {RecordedOutput} from './output-layer.js';
import {findOutput, likelihoodLosses} from './output-layer.js';
import {undisturbed} from './undisturbed.js';

export interface RecordedLossArgs {
  /** Seeds what dropout and noise layers draw. */
  readonly seed: number;
  /** Whether the loss includes the penalties of the layers' regularizers. Default: it does not. */
  readonly regularizers?: boolean;
  /** The variables whose gradients are recorded too. Default: only the forward pass is recorded. */
  readonly gradientIn?: readonly Variable[];
  /** The number whose gradients are recorded. Default: the loss. */
  readonly gradientOf?: (forward: ForwardPass) => Scalar;
}

/** A forward pass that has just been recorded and lies on the tape. */
export interface ForwardPass {
  readonly recorder: Recorder;
  readonly loss: Scalar;
  readonly outputs: readonly RecordedOutput[];
}

/** A model's loss on a batch as it was recorded. */
export interface RecordedLoss {
  /** The kernels, and the gradients in `gradientIn`. */
  readonly recorded: RecordedGradient;
  /** The loss that `fit` minimizes, with or without regularizers. */
  readonly loss: Value;
  readonly outputs: readonly RecordedOutput[];
  /** One for each output, `null` for an output without them. */
  readonly sampleWeights: readonly (Tensor | null)[];
  readonly batchSize: number;
  /** The tensors that the model was given, in the order of its inputs. */
  readonly inputs: readonly Tensor[];
}

/**
 * Records a model's loss on a batch. This is the only way to a recorded loss, except that of a training step.
 *
 * Moving averages, the states of recurrent layers and the random numbers of training stay as they were.
 *
 * @param body is called after the recording, and gets what was recorded until it returns. It must keep the tensors that it
 *     returns.
 * @throws InvalidArgumentError for a model that is not compiled, or a batch that does not fit it.
 */
export function withRecordedLoss<T>(
  model: LayersModel,
  batch: Batch,
  {seed, regularizers = false, gradientIn, gradientOf = ({loss}) => loss}: RecordedLossArgs,
  body: (recorded: RecordedLoss) => T,
): T {
  const likelihoods = likelihoodLosses(model);
  return inScope(() => {
    const standard = standardizeBatch(model, batch);
    return undisturbed(model, {training: standard.training, seed}, currentLayer => {
      const {result, recording} = record(recorder => {
        const outputs: RecordedOutput[] = [];
        const forward = (): ForwardPass => {
          const onPrediction: OnPrediction = (prediction, target, i) => {
            outputs.push(findOutput(recorder.recording, prediction, target, likelihoods[i] ?? null));
          };
          const loss = dataLoss(model, standard, {onPrediction, regularizers});
          lossSlot = recorder.recording.valueOf(loss);
          return {recorder, loss, outputs};
        };
        let lossSlot!: Value;
        if (gradientIn === undefined) {
          forward();
          return {loss: lossSlot, value: lossSlot, outputs, gradients: []};
        }
        const {value, gradients} = keptGradients(() => gradientOf(forward()), gradientIn);
        return {loss: lossSlot, value: recorder.recording.valueOf(value), outputs, gradients};
      }, currentLayer);
      const {loss, outputs, value, gradients} = result;
      const recorded = new RecordedGradient(recording, value, gradients);
      try {
        const {inputs, sampleWeights} = standard;
        return body({recorded, loss, outputs, sampleWeights, batchSize: inputs[0]!.shape[0]!, inputs});
      } finally {
        recorded.dispose();
      }
    });
  });
}

/**
 * The newest loss in a recording: the last kernel of tfjs-layers' training step is the mean of the samples' losses.
 *
 * @throws Error if the last kernel is not such a mean.
 */
export function newestLoss(recording: Recording): Value {
  return finalMean(recording).loss;
}

/**
 * The losses of a batch's samples, of which the training step computes the mean.
 *
 * @throws InvalidArgumentError for a loss that is not one number for each sample.
 */
export function sampleLosses(model: LayersModel, {recorded, batchSize}: RecordedLoss): Value {
  const {losses} = finalMean(recorded.recording);
  if (losses.shape[0] === batchSize) return losses;
  throw new InvalidArgumentError(
    `The loss of model "${model.name}" has shape [${losses.shape.join(', ')}], not one number for each of ${batchSize} samples.`,
  );
}

/** Holds for tfjs-layers 4.22: `totalLoss = tf.mean(totalLoss)`, then the regularizers. */
function finalMean({nodes}: Recording): {losses: Value; loss: Value} {
  const last = nodes.at(-1);
  const [losses, loss] = [last?.inputs[0], last?.outputs[0]];
  if (last?.op.kernel === 'Mean' && losses !== undefined && loss?.shape.length === 0) return {losses, loss};
  throw new Error(
    `tfjs-layers computed the loss of a training step in an unknown way: its last kernel is ${last?.op.kernel ?? 'missing'}, not a ` +
      'mean over all samples. tfjs-hessian knows the training step of tfjs-layers 4.22; use that version.',
  );
}
