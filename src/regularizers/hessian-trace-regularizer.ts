import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {regularizers} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, isSynchronous, listOf, numberFrom, oneOf, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {ProbeDistribution} from '../random.js';
import type {BlockKey, ProbeAddress} from './probe.js';
import {joinedProbe} from './probe.js';
import {ConfiguredPenalty} from './step/configured-penalties.js';
import {penalizeConfiguredModels} from './step/penalized-steps.js';
import type {TracePenalty} from './trace-penalty.js';
import {isDue} from './trace-penalty.js';

/** λ as a function of the training step, counted from 1. */
export type StrengthSchedule = (step: number) => number;

/** Options of `HessianTraceRegularizer`. */
export interface HessianTraceRegularizerArgs {
  /** λ, the factor of the trace in the loss. Give a function of the step for a warm-up or a decay. */
  readonly strength: number | StrengthSchedule;
  /** How many probes estimate a trace in a step; default 1. Each costs a jet and lengthens the reverse pass. */
  readonly probes?: number;
  /** The distribution of probes; default `'rademacher'`, which has less variance. */
  readonly distribution?: ProbeDistribution;
  /** `'dropout'` drops each entry of a probe with probability 1 − keep (SEHT-D); default `'hutchinson'` drops none. */
  readonly estimator?: 'hutchinson' | 'dropout';
  /** The probability that an entry is kept, for `'dropout'`; default 0.5. */
  readonly keep?: number;
  /**
   * `'joint'`: one probe over all layers of an attachment, at the cost of the earliest layer's probe; default `'independent'`:
   * one for each layer. The mean is the same. The variance of a joint probe also contains the blocks between layers.
   */
  readonly probe?: 'independent' | 'joint';
  /**
   * The matrix whose trace it is; default `'hessian'`. The trace of `'gaussNewton'` is not negative if the loss is convex in the
   * outputs.
   */
  readonly curvature?: 'hessian' | 'gaussNewton';
  /** Penalizes only each n-th step, n times as strongly; default 1. */
  readonly every?: number;
  /** Takes the curvature on this many first rows of the batch, by a separate forward pass; by default on the whole batch. */
  readonly subBatch?: number;
  /** Seeds the probes; default 0. Each step draws new ones. */
  readonly seed?: number;
}

const regularizerArgs = optionsOf<HessianTraceRegularizerArgs>('HessianTraceRegularizer')({
  strength: that<number | StrengthSchedule>(
    value => isSynchronous(value) || (Number.isFinite(value) && (value as number) >= 0),
    'a finite number of at least 0, such as 1e-3, or a function of the step',
  ),
  probes: optional(wholeNumber(), 1),
  distribution: optional(oneOf(['rademacher', 'gaussian']), 'rademacher'),
  estimator: optional(oneOf(['hutchinson', 'dropout']), 'hutchinson'),
  keep: optional(
    that<number>(value => typeof value === 'number' && value > 0 && value <= 1, 'a number above 0 and at most 1'),
  ),
  probe: optional(oneOf(['independent', 'joint']), 'independent'),
  curvature: optional(oneOf(['hessian', 'gaussNewton']), 'hessian'),
  every: optional(wholeNumber(), 1),
  subBatch: optional(wholeNumber()),
  seed: optional(finiteNumber(), 0),
});

/** Identifies a probe of a step. */
export interface DirectionArgs extends Omit<ProbeAddress, 'index'> {
  /** The sizes of the block's weights, in their order. */
  readonly sizes: readonly number[];
  /** Which of the step's probes; default 0. */
  readonly index?: number;
}

const directionArgs = optionsOf<DirectionArgs>('direction()')({
  step: wholeNumber(),
  block: that<BlockKey>(
    value => typeof value === 'string' && /^(layer|weight) \d+$/.test(value),
    "'layer n' for the n-th layer with weights or 'weight n' for the n-th trainable weight, from 0; for a layer by its name, " +
      'what attachRegularizer returns has direction({step, layer})',
  ),
  sizes: listOf(wholeNumber(), "a list of the weights' sizes", 1),
  index: optional(wholeNumber(0), 0),
});

/**
 * @param owner the function that the value was given to.
 * @throws InvalidArgumentError for anything but a `HessianTraceRegularizer`.
 */
export function requireRegularizer(owner: string, value: unknown): void {
  if (value instanceof HessianTraceRegularizer) return;
  throw new InvalidArgumentError(
    `${owner} takes a HessianTraceRegularizer; got ${show(value)}. L1 and L2 go into a layer's configuration.`,
  );
}

/** The base class of regularizers, which tfjs-layers does not export. `l2` extends it. */
const Regularizer = Object.getPrototypeOf(regularizers.l2({l2: 0}).constructor) as abstract new () => InstanceType<
  typeof tf.serialization.Serializable
> & {apply(x: Tensor): Scalar};

/**
 * Adds `strength × tr(H)` to the loss that training minimizes. H is the Hessian of the data loss on the step's own batch. Its
 * trace is Hutchinson's unbiased estimate with new probes in each step. The gradient of the estimate is exact, over all weights.
 *
 * With `attachRegularizer` it penalizes the blocks of whole layers; in a layer's configuration (`kernelRegularizer`, …) the block
 * of that one weight. `evaluate` and `predict` do not change. It uses the training step's own forward pass: a probe costs an
 * order-2 jet from the layer to the loss, and lengthens the reverse pass.
 *
 * Source: Hutchinson 1989; Sankar, Khasbage, Vigneswaran & Balasubramanian, AAAI 2021 (penalizing layerwise traces); Liu,
 * Yu & Lin, AAAI 2023 (SEHT-D).
 *
 * @throws InvalidArgumentError for an invalid option.
 * @example
 * attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
 * tf.layers.dense({units: 64, kernelRegularizer: new HessianTraceRegularizer({strength: 1e-3})});
 */
export class HessianTraceRegularizer extends Regularizer implements TracePenalty {
  /** The class's name in saved models. */
  static readonly className = 'HessianTraceRegularizer';
  readonly strength: number | StrengthSchedule;
  readonly probes: number;
  readonly distribution: ProbeDistribution;
  readonly estimator: 'hutchinson' | 'dropout';
  /** 1 if no entry is dropped. */
  readonly keep: number;
  readonly probe: 'independent' | 'joint';
  readonly curvature: 'hessian' | 'gaussNewton';
  readonly every: number;
  readonly subBatch: number | null;
  readonly seed: number;
  /** Training steps look for this in a layer's configuration. */
  private readonly configured: ConfiguredPenalty;
  /** The strength of the newest step that had one; `null` before the first. */
  private newestStrength: number | null = null;

  constructor(args: HessianTraceRegularizerArgs) {
    super();
    const {keep, ...checked} = regularizerArgs(args);
    if (keep !== undefined && keep !== 1 && checked.estimator !== 'dropout') {
      throw new InvalidArgumentError(`keep is ${keep}, but nothing is dropped; say estimator: 'dropout' as well.`);
    }
    this.strength = checked.strength;
    this.probes = checked.probes;
    this.distribution = checked.distribution;
    this.estimator = checked.estimator;
    this.keep = checked.estimator === 'dropout' ? (keep ?? 0.5) : 1;
    this.probe = checked.probe;
    this.curvature = checked.curvature;
    this.every = checked.every;
    this.subBatch = checked.subBatch ?? null;
    this.seed = checked.seed;
    const {probes, distribution, probe, curvature, every, seed} = checked;
    this.configured = new ConfiguredPenalty({
      ...{probes, distribution, keep: this.keep, probe, curvature, every, subBatch: this.subBatch, seed},
      strengthAt: step => this.strengthAt(step),
    });
    // A layer's configuration may hold this. tfjs-layers does not call a regularizer before the end of the first forward pass.
    penalizeConfiguredModels();
  }

  /**
   * λ at a step.
   *
   * @throws InvalidArgumentError if a schedule returns anything but a finite number of at least 0.
   */
  strengthAt(step: number): number {
    check('step', wholeNumber(0), step);
    if (typeof this.strength === 'number') return this.strength;
    const value = check(`strength(${step})`, numberFrom(0), this.strength(step));
    this.newestStrength = value;
    return value;
  }

  /** Whether it adds anything to a step. */
  isDue(step: number): boolean {
    check('step', wholeNumber(0), step);
    return isDue(this, step);
  }

  /**
   * The random direction v of a step's estimate vᵀHv in a block, its weights one after the other.
   *
   * @throws InvalidArgumentError for a block that is not given by its position. The `direction` of an attached regularizer takes
   *     a layer's name.
   * @example
   * const v = regularizer.direction({step: 1, block: 'layer 1', sizes: [4096, 64]});
   * const {value} = await quadraticForm(model, {x, y}, {layer: 'dense_1', direction: v});
   */
  direction(args: DirectionArgs): Float32Array {
    const {step, block, sizes, index} = directionArgs(args);
    return joinedProbe(this, {step, block, index}, sizes);
  }

  /** The penalty on a weight that has this regularizer in its layer's configuration. tfjs-layers calls it in a training step. */
  override apply(weight: Tensor): Scalar {
    return this.configured.valueFor(weight as Variable);
  }

  /**
   * The configuration in a saved model. For a schedule it holds the newest value.
   *
   * @throws InvalidArgumentError for a schedule before training: a configuration cannot hold a function.
   */
  override getConfig(): tf.serialization.ConfigDict {
    const {probes, distribution, estimator, keep, probe, curvature, every, subBatch, seed} = this;
    const strength = typeof this.strength === 'number' ? this.strength : this.newestStrength;
    if (strength === null) {
      throw new InvalidArgumentError(
        'strength is a function of the step, which a configuration cannot hold before it has been used. Attach the ' +
          'regularizer to the model by attachRegularizer(model, regularizer), or give it a number.',
      );
    }
    return {
      ...{strength, probes, distribution, estimator, probe, curvature, every, seed},
      ...(estimator === 'dropout' && {keep}),
      ...(subBatch !== null && {subBatch}),
    };
  }

  /** Makes a regularizer from a saved configuration. tfjs-layers calls it. */
  static fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    // tfjs-layers adds customObjects to each configuration.
    const {customObjects: _, ...own} = config ?? {};
    return new cls(own);
  }
}

tf.serialization.registerClass(HessianTraceRegularizer);
