import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, positiveNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {deviceVerdict, judged} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {checkBatch} from '../model/batch.js';
import {disposeBatch, firstRows} from '../model/batch-tensors.js';
import {layerPositions} from '../model/layers/layer-positions.js';
import type {WeightSelection} from '../model/layers/weight-selection.js';
import {selectTrainedWeights, weightSelection} from '../model/layers/weight-selection.js';
import {variablesOf, type WeightedLayer} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import {hessian} from '../operators/hessian.js';
import {gradientOfForm} from '../operators/quadratic-form.js';
import {withOwned} from '../owned.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {requireRegularizer} from './hessian-trace-regularizer.js';
import {joinedProbe} from './probe.js';
import {requireSecondOrder} from './traces/require-second-order.js';

/** Options of {@link suggestStrength}. */
export interface SuggestStrengthArgs {
  /** The layers whose blocks are penalized, as `attachRegularizer` takes them; default `'all'`. */
  readonly layers?: WeightSelection;
  /** How large the penalty's gradient shall be, as a share of the loss's; default 0.1. */
  readonly share?: number;
  /** Over how many steps' probes the size of the penalty's gradient is averaged; default 4. */
  readonly draws?: number;
  /** Seeds what dropout and noise layers draw; default 0. Probes come from the regularizer's own seed. */
  readonly seed?: number;
}

const suggestStrengthArgs = optionsOf<SuggestStrengthArgs>('suggestStrength()')({
  layers: optional(weightSelection(), 'all'),
  share: optional(positiveNumber(', such as 0.1'), 0.1),
  draws: optional(wholeNumber(), 4),
  seed: optional(finiteNumber(), 0),
});

/** A strength, and what it comes from. */
export interface SuggestedStrength {
  /** λ: the penalty's gradient then is `share` times as long as the loss's. */
  readonly strength: number;
  /** ‖∇L‖ over all trainable weights, of the loss without penalty. */
  readonly lossGradient: number;
  /** The length of the gradient of a step's penalty at strength 1, over all trainable weights: the root of the mean square over the draws. */
  readonly penaltyGradient: number;
}

/**
 * A strength for a `HessianTraceRegularizer`, from the weights as they are now: with it, the gradient of a step's penalty is a
 * given share of the loss's. The strength of the regularizer that is given does not count.
 *
 * Gradients change during training, and the trace is largest early: take weights of some steps into the training, and see
 * `penalty$` for how it goes on. Where the penalty's gradient is as long as the loss's, training follows the penalty.
 *
 * Costs about three gradient passes for each layer, probe and draw, and three more.
 *
 * @param model a compiled model.
 * @param batch `{x, y}`, of the size that training uses; it stays the property of the caller.
 * @param regularizer gives probes, distribution, estimator and `subBatch`.
 * @throws InvalidArgumentError for bad options, an unknown layer, a batch that does not fit, the Gauss–Newton matrix, and where
 *     one of both gradients is zero: no strength is right then.
 * @throws UnsupportedKernelError where the model runs a kernel without a second-order rule.
 * @example
 * const {strength} = await suggestStrength(model, {x, y}, new HessianTraceRegularizer({strength: 1}), {layers: 'middle'});
 * attachRegularizer(model, new HessianTraceRegularizer({strength}), {layers: 'middle'});
 */
export async function suggestStrength(
  model: LayersModel,
  batch: Batch,
  regularizer: HessianTraceRegularizer,
  args?: SuggestStrengthArgs,
): Promise<SuggestedStrength> {
  requireModel(model);
  checkBatch(batch);
  requireRegularizer('suggestStrength', regularizer);
  const {layers, share, draws, seed} = suggestStrengthArgs(args);
  if (regularizer.curvature === 'gaussNewton') {
    throw new InvalidArgumentError(
      "suggestStrength() measures the penalty of the Hessian, and the regularizer has curvature: 'gaussNewton'. Give it one " +
        'without this option; near a fit, the two penalties are alike.',
    );
  }
  const selected = selectTrainedWeights(model, layers, 'fit');
  requireSecondOrder(model, variablesOf(selected));
  const lossGradient = await lengthOfGradient(model, batch, seed);
  const penaltyGradient = await lengthOfPenalty({model, batch, regularizer, selected, draws, seed});
  requireLength('loss', lossGradient, 'train the model for some steps first, or take another batch');
  requireLength('penalty', penaltyGradient, 'the traces of these layers do not depend on the weights: penalize others');
  return {strength: (share * lossGradient) / penaltyGradient, lossGradient, penaltyGradient};
}

function requireLength(what: string, length: number, wayOut: string): void {
  if (length > 0 && Number.isFinite(length)) return;
  throw new InvalidArgumentError(
    `The gradient of the ${what} has the length ${length}, so no strength fits; ${wayOut}.`,
  );
}

async function lengthOfGradient(model: LayersModel, batch: Batch, seed: number): Promise<number> {
  return withOwned(async owned => {
    const H = owned.use(await hessian(model, batch, {seed}));
    return lengthOf(owned.use(H.gradient()));
  });
}

interface PenaltyOfSteps {
  readonly model: LayersModel;
  readonly batch: Batch;
  readonly regularizer: HessianTraceRegularizer;
  readonly selected: readonly WeightedLayer[];
  readonly draws: number;
  readonly seed: number;
}

/** The root of the mean squared length of the gradients of the steps' penalties, at strength 1. */
async function lengthOfPenalty({batch, regularizer, draws, ...rest}: PenaltyOfSteps): Promise<number> {
  const {subBatch} = regularizer;
  const used = subBatch === null ? batch : firstRows(batch, subBatch);
  try {
    let squares = 0;
    for (let step = 1; step <= draws; step++) {
      const length = await lengthOfStep({...rest, regularizer, batch: used}, step);
      squares += length ** 2;
    }
    return Math.sqrt(squares / draws);
  } finally {
    if (subBatch !== null) disposeBatch(used);
  }
}

async function lengthOfStep(
  {model, batch, regularizer, selected, seed}: Omit<PenaltyOfSteps, 'draws'>,
  step: number,
): Promise<number> {
  const {probes, probe} = regularizer;
  const positions = layerPositions(model);
  const directionOf = (layer: WeightedLayer, index: number) => {
    const variables = variablesOf([layer]);
    const block = `layer ${positions.get(variables[0]!)!}` as const;
    const sizes = variables.map(({size}) => size);
    return tf.tensor1d(joinedProbe(regularizer, {step, block, index}, sizes));
  };
  const together = probe === 'joint' ? [selected] : selected.map(layer => [layer]);
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const forms: Tensor1D[] = [];
    for (const layers of together) {
      for (let index = 0; index < probes; index++) {
        const v = owned.use(tf.tidy(() => tf.concat1d(layers.map(layer => directionOf(layer, index)))));
        forms.push(owned.use(judged(() => gradientOfForm(model, batch, variablesOf(layers), v, seed))));
      }
    }
    const length = await lengthOf(owned.use(tf.tidy(() => tf.div<Tensor1D>(tf.addN(forms), probes))));
    await verdict?.();
    return length;
  });
}

/** ‖v‖₂. */
async function lengthOf(v: Tensor1D): Promise<number> {
  const norm = tf.tidy(() => tf.norm(v));
  const [length] = await norm.data();
  norm.dispose();
  return length!;
}
