import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional, union} from 'valibot';
import {mustBe} from '../../arguments/check.js';
import {finiteNumber, listOf, numberFrom, positiveNumber, that, wholeNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import {type LongWorkArgs, longWorkEntries, Work} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {batchOf, checkBatch} from '../../model/batch.js';
import {batchSize, disposeBatch, holdBatch} from '../../model/batch-tensors.js';
import type {WeightSelection} from '../../model/layers/weight-selection.js';
import {selectTrainedWeights, weightSelection} from '../../model/layers/weight-selection.js';
import {variablesOf} from '../../model/layers/weighted-layers.js';
import {requireModel} from '../../model/model-argument.js';
import {ModelCopy} from '../../model/model-copy.js';
import {WeightSnapshot} from '../../model/weight-snapshot.js';
import type {BatchDataset, HeldBatch} from '../../operators/from-model/batch-dataset.js';
import {holdBatches, isDataset, requireData, requireElements} from '../../operators/from-model/batch-dataset.js';
import type {Owned} from '../../owned.js';
import {withOwned} from '../../owned.js';
import type {HessianTraceRegularizer} from '../hessian-trace-regularizer.js';
import {requireRegularizer} from '../hessian-trace-regularizer.js';
import {requireSecondOrder} from '../traces/require-second-order.js';
import {measureBatches, type SuggestedStrength, strengthOfShare} from './measured-strength.js';
import {sweep, sweepUnits} from './sweep.js';
import {ValidationParts} from './validation-parts.js';

/** Options of {@link suggestStrength}. */
export interface SuggestStrengthArgs extends LongWorkArgs {
  /** The layers whose blocks are penalized, as `attachRegularizer` takes them; default `'all'`. */
  readonly layers?: WeightSelection;
  /** How large the penalty's gradient shall be, as a share of the loss's; default 0.1. */
  readonly share?: number;
  /** Over how many steps' probes the size of the penalty's gradient is averaged, on each batch; default 4. */
  readonly draws?: number;
  /** How many batches of a data set are used; default all. */
  readonly batches?: number;
  /**
   * Validation data, one batch or a data set. With it, copies of the model are trained with several strengths, and the result has
   * the strength that lowers the loss on it; default none.
   */
  readonly validation?: Batch | BatchDataset;
  /** The strengths of the sweep, besides 0. Default: 0.1, 0.3, 1, 3 and 10 times the one that has the `share`. */
  readonly strengths?: readonly number[];
  /** Training steps with each strength, one batch each; default 100. */
  readonly steps?: number;
  /** Passes over the batches with each strength, in place of `steps`. Default: none. */
  readonly epochs?: number;
  /**
   * How often the sweep is repeated with another order of batches and other random numbers; default 3, at least 2. The error that
   * two repeats give is so uncertain that only a large effect counts.
   */
  readonly repeats?: number;
  /**
   * Seeds what dropout and noise layers draw, and the order and probes of the sweep; default 0. Probes of the measured gradients come
   * from the regularizer's own seed.
   */
  readonly seed?: number;
}

/** The factors between the strengths of a sweep and the strength that has the share. */
const FACTORS = [0.1, 0.3, 1, 3, 10];

const DATA = 'a batch, {x, y}, or a data set of batches';

const suggestStrengthArgs = optionsOf<SuggestStrengthArgs>('suggestStrength()')({
  layers: optional(weightSelection(), 'all'),
  share: optional(positiveNumber(', such as 0.1'), 0.1),
  draws: optional(wholeNumber(), 4),
  batches: optional(wholeNumber()),
  validation: optional(union([that<BatchDataset>(isDataset, DATA), batchOf.schema], mustBe(DATA))),
  strengths: optional(listOf(numberFrom(0), 'a list of strengths', 1)),
  steps: optional(wholeNumber()),
  epochs: optional(wholeNumber()),
  repeats: optional(wholeNumber(2)),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

type CheckedArgs = ReturnType<typeof suggestStrengthArgs>;

/**
 * A strength for a `HessianTraceRegularizer`, from the weights as they are now: with it, the gradient of a step's penalty is a
 * given share of the loss's, λ = share · ‖∇L‖ / ‖∇ Σ vᵀHv‖. The strength of the regularizer that is given does not count.
 *
 * Gradients change during training, and the trace is largest early: take weights of some steps into the training, and see
 * `penalty$` for how it goes on. Where the penalty's gradient is as long as the loss's, training follows the penalty.
 *
 * With `validation`, copies of the model are trained on the batches for some steps, with strengths around this one and with 0. They
 * start from the model's weights and the state of its optimizer. Picked is the strength with the lowest validation loss among those
 * that lower it beyond chance; see {@link SweepPoint}. The model itself is never trained; its weights, its optimizer and the random
 * numbers of its training stay as they are. Penalties that are attached to the model are not on the copies.
 *
 * Costs about three gradient passes for each layer, probe and draw on each batch, and three more. A sweep trains
 * (1 + strengths) × repeats times for `steps` steps.
 *
 * Source: the jackknife of Quenouille (1956) and Tukey (1958) for standard errors.
 *
 * @param model a compiled model.
 * @param data `{x, y}`, of the size that training uses, or a data set of such batches; it stays the property of the caller.
 * @param regularizer gives probes, distribution, estimator and `subBatch`.
 * @throws InvalidArgumentError for bad options, an unknown layer, a batch that does not fit, the Gauss–Newton matrix, and where
 *     one of both gradients is zero: no strength is right then. For a sweep, also if the model cannot be copied (its optimizer or a
 *     layer is of a class of your own that TensorFlow.js cannot make from its configuration, or has states), and if the training without
 *     penalty diverges.
 * @throws UnsupportedKernelError where the model runs a kernel without a second-order rule.
 * @example
 * const regularizer = new HessianTraceRegularizer({strength: 1});
 * const {strength} = await suggestStrength(model, {x, y}, regularizer, {layers: 'middle'});
 * attachRegularizer(model, new HessianTraceRegularizer({strength}), {layers: 'middle'});
 * @example
 * const {strength, sweep} = await suggestStrength(model, batches, regularizer, {validation: {x: xVal, y: yVal}, epochs: 5});
 * for (const {strength, loss, difference, picked} of sweep!) console.log(strength, loss, difference, picked);
 */
export async function suggestStrength(
  model: LayersModel,
  data: Batch | BatchDataset,
  regularizer: HessianTraceRegularizer,
  args?: SuggestStrengthArgs,
): Promise<SuggestedStrength> {
  requireModel(model);
  requireData(data);
  requireRegularizer('suggestStrength', regularizer);
  const checked = suggestStrengthArgs(args);
  const {layers, batches, validation, signal} = checked;
  signal?.throwIfAborted();
  requireSweepOptions(checked);
  if (isDataset(validation)) requireElements(validation);
  if (regularizer.curvature === 'gaussNewton') {
    throw new InvalidArgumentError(
      "suggestStrength() measures the penalty of the Hessian, and the regularizer has curvature: 'gaussNewton'. Give it one " +
        'without this option; near a fit, the two penalties are alike.',
    );
  }
  const selected = selectTrainedWeights(model, layers, 'fit');
  requireSecondOrder(model, variablesOf(selected));
  signal?.throwIfAborted();
  return withOwned(async owned => {
    // The model may be trained meanwhile.
    const snapshot = owned.use(new WeightSnapshot(model));
    const copy = validation === undefined ? null : owned.use(await ModelCopy.of(model));
    const held = await holdAll(owned, data, batches, signal);
    const penalized = {model, snapshot, regularizer, selected};
    if (copy === null) {
      const onUnit = unitsOf(new Work(checked, gradientUnits(held, checked)));
      return strengthOfShare(await measureBatches(penalized, held, checked, onUnit), checked.share);
    }
    const parts = owned.use(ValidationParts.of(model, await holdAll(owned, validation!, undefined, signal)));
    const {strengths, repeats = 3, epochs, seed} = checked;
    const steps = epochs === undefined ? (checked.steps ?? 100) : epochs * held.length;
    // 0 besides the others, each once.
    const count = strengths === undefined ? 1 + FACTORS.length : ascending(strengths).length;
    const plan = {steps, repeats, validation: parts};
    const total = gradientUnits(held, checked) + sweepUnits({...plan, strengths: Array(count).fill(0)});
    const onUnit = unitsOf(new Work(checked, total));
    const found = strengthOfShare(await measureBatches(penalized, held, checked, onUnit), checked.share);
    const tried = ascending(strengths ?? FACTORS.map(factor => factor * found.strength));
    const points = await sweep({...plan, copy, batches: held, regularizer, layers, strengths: tried, seed, onUnit});
    return {...found, strength: points.find(({picked}) => picked)!.strength, sweep: points};
  });
}

/** Counts a unit that is done: a measured gradient, a training step, or a part of the validation data. */
function unitsOf(work: Work): () => Promise<void> {
  return async () => {
    work.count(1);
    await work.pause();
  };
}

/** 0 and some strengths, each once, in ascending order. */
function ascending(strengths: readonly number[]): number[] {
  return [...new Set([0, ...strengths])].sort((a, b) => a - b);
}

/** @throws InvalidArgumentError for options of a sweep without its data, and for two lengths of a training. */
function requireSweepOptions({validation, strengths, steps, epochs, repeats}: CheckedArgs): void {
  if (validation === undefined) {
    const given = Object.entries({strengths, steps, epochs, repeats}).find(([, value]) => value !== undefined);
    if (given === undefined) return;
    throw new InvalidArgumentError(
      `${given[0]} is an option of the sweep, which needs data to compare on: give {validation: {x, y}} too.`,
    );
  }
  if (steps !== undefined && epochs !== undefined) {
    throw new InvalidArgumentError(
      `The training of the sweep is ${steps} steps and ${epochs} epochs; give one of both.`,
    );
  }
}

function gradientUnits(held: readonly HeldBatch[], {draws}: CheckedArgs): number {
  return held.length * (1 + draws);
}

async function holdAll(
  owned: Owned,
  data: Batch | BatchDataset,
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly HeldBatch[]> {
  const held: HeldBatch[] = [];
  owned.use({
    dispose() {
      for (const {batch} of held) disposeBatch(batch);
    },
  });
  if (isDataset(data)) {
    requireElements(data);
    await holdBatches(data, held, limit, new Work({...(signal && {signal})}));
  } else {
    const batch = holdBatch(checkBatch(data));
    held.push({batch, size: batchSize(batch)});
  }
  return held;
}
