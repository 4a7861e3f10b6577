import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {dataLoss} from '../../model/data-loss.js';
import {lastingModel} from '../../model/lasting-model.js';
import {variablesOf, weightedLayers} from '../../model/layers/weighted-layers.js';
import type {StepBatch} from '../../model/training-step.js';
import {undisturbed} from '../../model/undisturbed.js';
import {valueAndGradients} from '../../tfjs-internals/core/tape.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import {warn} from '../../warnings.js';
import {StepTraces} from '../traces/step-traces.js';
import type {AttachedPenalty, PenalizedStepArgs} from './penalized-step.js';
import {PenalizedStep} from './penalized-step.js';

/** A penalty whose gradient is so many times as long as the loss's is warned of. */
const TOO_LONG = 10;

/** The share of the loss's gradient that `suggestStrength` aims at by default. */
const SHARE = 0.1;

/** After the penalized steps 1, 10 and 100, each 1000th is measured: less than a hundredth of the time of a training. */
function isMeasured(count: number): boolean {
  return [1, 10, 100].includes(count) || count % 1000 === 0;
}

/** The lengths of both gradients in a step. */
interface Lengths {
  readonly loss: number;
  readonly penalty: number;
}

/**
 * Warns once of a penalty whose gradient dwarfs the loss's: training then follows the penalty alone.
 *
 * It measures a few steps, before they run, by a forward pass of its own with its own random numbers, on a tape of its own. So the
 * bits of the training stay as they are. Near a minimum the gradient of the loss vanishes and that of a penalty need not: it is compared
 * with the longer of the loss's gradients now and in the first measured step.
 */
export class PenaltyBalance {
  private count = 0;
  private isOver = false;
  private first: number | null = null;
  private newest: Promise<void> = Promise.resolve();

  /** Begins again, with other penalties. */
  restart(): void {
    this.count = 0;
    this.isOver = false;
    this.first = null;
  }

  /** Measures no more steps. */
  stop(): void {
    this.isOver = true;
  }

  /** Is called before each penalized step. Never throws. */
  before(step: Omit<PenalizedStepArgs, 'traces'>): void {
    if (this.isOver || !isMeasured(++this.count)) return;
    let lengths: Tensor;
    try {
      lengths = gradientLengths(step);
    } catch {
      // The step itself will say what is wrong.
      this.stop();
      return;
    }
    const [number, strength] = [step.number(), strengthOf(step)];
    // At once where that is possible, so that nothing is left when the step ends.
    if (tf.getBackend() !== 'webgpu') {
      const [loss, penalty] = lengths.dataSync();
      lengths.dispose();
      this.judge(step.model, {loss: loss!, penalty: penalty!}, number, strength);
      return;
    }
    const before = this.newest;
    this.newest = lengths
      .data()
      .then(async ([loss, penalty]) => {
        await before;
        this.judge(step.model, {loss: loss!, penalty: penalty!}, number, strength);
      })
      .catch(() => this.stop())
      .finally(() => lengths.dispose());
  }

  /** Resolves when all that was measured has been judged. */
  settled(): Promise<void> {
    return this.newest;
  }

  private judge(model: LayersModel, {loss, penalty}: Lengths, step: number, strength: number | null): void {
    this.first ??= loss;
    const reference = Math.max(this.first, loss);
    if (this.isOver || !(reference > 0) || !(penalty > TOO_LONG * reference) || !Number.isFinite(penalty)) return;
    this.stop();
    const factor = (SHARE * reference) / penalty;
    const way =
      strength === null
        ? `Multiply the strengths by ${factor.toPrecision(2)}`
        : `A strength of ${(factor * strength).toPrecision(2)} would make it a tenth as long`;
    warn(
      'strong-penalty',
      `The gradient of the trace penalty on model "${lastingModel(model).name}" has the length ${penalty.toPrecision(3)} in step ${step}` +
        `${strength === null ? '' : `, with strength ${Number(strength.toPrecision(3))}`}, and that of the loss ` +
        `${loss.toPrecision(3)}, so training follows the penalty and not the data. ${way}; suggestStrength(model, batch, regularizer) ` +
        'measures such a strength, and which one lowers a validation loss.',
    );
  }
}

/** The strength of the only penalty of a step; `null` for several. */
function strengthOf({attached, configured, number}: Omit<PenalizedStepArgs, 'traces'>): number | null {
  const strengths = [...attached, ...configured].map(({penalty}) => penalty.strengthAt(number()));
  return strengths.every(strength => strength === strengths[0]) ? strengths[0]! : null;
}

/** ‖∇L‖ and ‖∇P‖ of a step's loss and penalties, over all weights that it moves, `[2]`; the caller owns it. */
function gradientLengths(args: Omit<PenalizedStepArgs, 'traces'>): Tensor {
  const {model, batch} = args;
  const variables = variablesOf(weightedLayers(model));
  return inScope(() => {
    const loss = lengthOf(model, variables, () => lossOf(model, batch));
    const traces = new StepTraces('as they are');
    const attached = args.attached.map(quiet);
    const penalty = lengthOf(model, variables, () => {
      const step = new PenalizedStep({...args, attached, traces});
      try {
        lossOf(model, batch);
        const terms = step.penaltiesAround(() => trainingModel(model).calculateLosses());
        return terms.reduce((sum, term) => tf.add<Scalar>(sum, term), tf.scalar(0));
      } finally {
        step.dispose();
      }
    });
    return tf.keep(tf.stack([loss, penalty]));
  });
}

/** A penalty of which nobody hears. */
function quiet(of: AttachedPenalty): AttachedPenalty {
  const compute: AttachedPenalty['compute'] = (...args) => of.computeQuietly(...args);
  return {penalty: of.penalty, words: of.words, compute, computeQuietly: compute};
}

function lossOf(model: LayersModel, {inputs, targets, sampleWeights}: StepBatch): Scalar {
  return dataLoss(model, {
    inputs: [...inputs],
    targets: [...targets],
    sampleWeights: [...sampleWeights],
    training: true,
  });
}

function lengthOf(model: LayersModel, variables: readonly Variable[], f: () => Scalar): Tensor {
  return undisturbed(model, {training: true, seed: 0}, () => {
    const {gradients} = valueAndGradients(f, variables);
    const squares = gradients.flatMap(gradient => (gradient === null ? [] : tf.sum(tf.square(gradient))));
    return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares));
  });
}
