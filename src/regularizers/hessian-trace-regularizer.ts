import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {regularizers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import type {ProbeDistribution} from '../random.js';
import {discoverPenalties, runningStep} from './penalized-step.js';

export interface HessianTraceRegularizerArgs {
  /** λ: what the trace is multiplied by before it is added to the loss. */
  readonly strength: number;
  /** How many probes estimate the trace in a step; default 1. Each costs about as much as the forward and backward pass it adds. */
  readonly probes?: number;
  /** How probes are drawn; default `'rademacher'`, the one with less variance. */
  readonly distribution?: ProbeDistribution;
  /** Penalize each n-th step alone, n times as strongly; default 1. */
  readonly every?: number;
  /** Seeds the probes; default 0. Each step draws fresh ones. */
  readonly seed?: number;
}

/** tfjs-layers does not export the class that `getRegularizer` asks for; it is the one that `l2` is made of. */
const Regularizer = Object.getPrototypeOf(regularizers.l2({l2: 0}).constructor) as abstract new () => InstanceType<
  typeof tf.serialization.Serializable
> & {apply(x: Tensor): Scalar};

/**
 * Adds `strength × tr(H)` to the loss that training minimizes: H the Hessian of the data loss on the step's own batch,
 * its trace by Hutchinson's unbiased estimate with fresh probes every step, with its exact gradient over all weights.
 *
 * By `attachRegularizer` it penalizes the blocks of whole layers; in a layer's configuration (`kernelRegularizer`, …)
 * the block of that one weight. `evaluate` and `predict` are as before. It rides on the training step's own forward pass:
 * a probe costs an order-2 jet from the layer to the loss, and its part of the reverse pass.
 *
 * Source: Hutchinson 1989; Sankar, Khasbage, Vigneswaran & Balasubramanian, AAAI 2021 (penalizing layerwise traces).
 *
 * @throws InvalidArgumentError for a strength that is not finite, for probes or every that are not whole numbers of at least 1.
 * @example
 * attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
 * tf.layers.dense({units: 64, kernelRegularizer: new HessianTraceRegularizer({strength: 1e-3})});
 */
export class HessianTraceRegularizer extends Regularizer {
  /** @nocollapse */
  static readonly className = 'HessianTraceRegularizer';
  readonly strength: number;
  readonly probes: number;
  readonly distribution: ProbeDistribution;
  readonly every: number;
  readonly seed: number;

  constructor(args: HessianTraceRegularizerArgs) {
    super();
    const {strength, probes = 1, distribution = 'rademacher', every = 1, seed = 0} = args ?? {};
    if (!Number.isFinite(strength)) {
      throw new InvalidArgumentError(`strength is ${String(strength)}; it must be a finite number, such as 1e-3.`);
    }
    for (const [name, value] of Object.entries({probes, every})) {
      if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError(`${name} is ${String(value)}; it must be a whole number of at least 1.`);
      }
    }
    if (distribution !== 'rademacher' && distribution !== 'gaussian') {
      throw new InvalidArgumentError(`distribution is ${String(distribution)}; it must be 'rademacher' or 'gaussian'.`);
    }
    if (!Number.isFinite(seed)) throw new InvalidArgumentError(`seed is ${String(seed)}; it must be a finite number.`);
    this.strength = strength;
    this.probes = probes;
    this.distribution = distribution;
    this.every = every;
    this.seed = seed;
    discoverPenalties(HessianTraceRegularizer);
  }

  /** Called by tfjs-layers inside a training step, for a weight in whose configuration this stands. */
  override apply(weight: Tensor): Scalar {
    const step = runningStep();
    // A model may ask for its regularizers outside of a training step, where there is no data loss: nothing to add.
    return step === null ? tf.scalar(0) : step.penalizeWeight(this, weight as Variable);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {strength, probes, distribution, every, seed} = this;
    return {strength, probes, distribution, every, seed};
  }

  /** @nocollapse */
  static fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }
}

tf.serialization.registerClass(HessianTraceRegularizer);
