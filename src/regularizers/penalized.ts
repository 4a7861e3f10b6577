import type {Scalar} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../arguments/check.js';
import {functionThat} from '../arguments/kinds.js';
import {fasterGradientsUnnoticed} from '../autodiff/gradients/faster-gradients.js';
import {InvalidArgumentError} from '../errors.js';
import {requireModel} from '../model/model-argument.js';
import {withOwned} from '../owned.js';
import type {AttachedRegularizer, AttachRegularizerArgs} from './attach-regularizer.js';
import {attachmentArgs} from './attach-regularizer.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {requireRegularizer} from './hessian-trace-regularizer.js';
import {LayerPenalty} from './layer-penalty.js';
import {StepJudge} from './step/step-judge.js';
import {StepTraces} from './traces/step-traces.js';
import {ForwardRecording} from './traces/taped-loss.js';

/** Adds the penalty to a loss. Each call of the function that it returns is a step. */
export interface PenalizedLoss extends Omit<AttachedRegularizer, 'detach'> {
  (loss: () => Scalar): () => Scalar;
}

const lossFunction = functionThat<() => Scalar>('a function that returns a scalar tensor');
const penalizedArgs = attachmentArgs('penalized()');

/**
 * Adds the penalty to a loss of your own, for a training loop that calls `optimizer.minimize`.
 *
 * The loss must use the model's weights by tfjs ops, on any batches and in any way: the curvature is that of the function's
 * value. The model need not be compiled.
 *
 * @throws InvalidArgumentError, UnsupportedKernelError as `attachRegularizer` does; also for `subBatch` and the Gauss–Newton
 *     matrix, which need the batch and the outputs, known only to `model.compile` and `fit`.
 * @example
 * const withPenalty = penalized(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
 * optimizer.minimize(withPenalty(() => tf.losses.softmaxCrossEntropy(y, model.apply(x, {training: true}))));
 */
export function penalized(
  model: LayersModel,
  regularizer: HessianTraceRegularizer,
  args?: AttachRegularizerArgs,
): PenalizedLoss {
  const {layers, initialStep} = penalizedArgs(args);
  requireModel(model);
  requireRegularizer('penalized', regularizer);
  const penalty = new LayerPenalty(model, regularizer, layers, 'own loop');
  for (const [name, isSet] of [
    ['subBatch', regularizer.subBatch !== null],
    ["curvature: 'gaussNewton'", regularizer.curvature === 'gaussNewton'],
  ] as const) {
    if (isSet) {
      throw new InvalidArgumentError(
        `${name} does not go with penalized(): what the batch and the outputs of a loss of your own are is not known. ` +
          'Take the first rows in the loss itself, or compile the model and call attachRegularizer.',
      );
    }
  }
  let step = initialStep;
  const judge = new StepJudge();
  const traces = new StepTraces();
  const evaluate = (loss: () => Scalar): Scalar => {
    step++;
    if (!regularizer.isDue(step)) return loss();
    return withOwned(owned => {
      judge.begin([], 1);
      owned.use({dispose: () => judge.end()});
      owned.use({dispose: fasterGradientsUnnoticed()});
      const forward = owned.use(new ForwardRecording(model, false));
      const value = loss();
      const taped = owned.use(forward.endAt(value));
      const added = penalty.compute(taped, () => step, traces);
      return added === null ? value : tf.add<Scalar>(value, added);
    });
  };
  const withPenalty = (loss: () => Scalar) => {
    check('loss', lossFunction, loss);
    return () => evaluate(loss);
  };
  const penalizedLoss = Object.assign(withPenalty, {
    layers: penalty.layers,
    penalty$: penalty.stream.penalty$,
    direction: penalty.direction.bind(penalty),
  });
  return Object.defineProperty(penalizedLoss, 'layers', {get: () => penalty.layers, enumerable: true});
}
