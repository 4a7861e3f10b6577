// When the steps of TensorFlow.js' optimizers grow on a quadratic function, and by which diagonal P they divide the gradient.
//
// On ½ λ w², the step of a method with learning rate η and momentum β has roots inside the unit circle if λ is below
//
//   gradient descent                 2 / η
//   heavy ball, m ← β m + g          2 (1 + β) / η
//   Nesterov                         (2 + 2 β) / ((1 + 2 β) η)
//   Adam, m ← β m + (1 − β) g        (2 + 2 β) / ((1 − β) η)
//
// and with a step P⁻¹ m the same holds for the eigenvalues of P^−½ H P^−½, if P changes slowly.
//
// Source: Cohen, Kaur, Li, Kolter & Talwalkar (2021), appendix B; Cohen, Ghorbani, Krishnan, et al. (2022), sections 2 and 3.

import type {Optimizer, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';
import {type Accumulator, type OwnOptimizer, stateOf} from '../../tfjs-internals/layers/optimizer-state.js';
import type {WeightSlice} from '../linear-operator.js';
import type {OptimizerRule} from './optimizer-edge.js';

const heavyBall = (learningRate: number, momentum: number): number => (2 * (1 + momentum)) / learningRate;

const averaged = (learningRate: number, beta: number): number => (2 + 2 * beta) / ((1 - beta) * learningRate);

/** @throws InvalidArgumentError before the first step. */
function requireSteps(optimizer: Optimizer): void {
  if (optimizer.iterations > 0) return;
  throw new InvalidArgumentError(
    `The optimizer ${optimizer.getClassName()} has not made a step, so that it has nothing yet to divide gradients by; train first.`,
  );
}

/** What the optimizer keeps for a weight. */
function keptFor({name, shape}: WeightSlice, kept: readonly Accumulator[]): Tensor {
  const found = kept.find(({originalName}) => originalName.slice(0, originalName.lastIndexOf('/')) === name)?.variable;
  if (found !== undefined && tf.util.arraysEqual(found.shape, [...shape])) return found;
  throw new InvalidArgumentError(
    `The optimizer has no state for weight "${name}" of shape [${shape.join(', ')}]; give the optimizer that trains it, after a step.`,
  );
}

/** 1 − β^t, from the optimizer's own β^(t + 1). */
function biasCorrection(power: Tensor, beta: number): Tensor {
  return beta === 0 ? tf.scalar(1) : tf.sub(1, tf.div(power, beta));
}

/** The rules of TensorFlow.js' own optimizers. ε stands where they put it. */
export const ownRules: Record<OwnOptimizer, OptimizerRule> = {
  SGD: optimizer => ({threshold: 2 / stateOf(optimizer).learningRate, preconditioner: null}),

  Momentum: optimizer => {
    const {learningRate, momentum, useNesterov} = stateOf(optimizer);
    const threshold = useNesterov
      ? (2 + 2 * momentum) / ((1 + 2 * momentum) * learningRate)
      : heavyBall(learningRate, momentum);
    return {threshold, preconditioner: null};
  },

  // P = (1 − β₁^t) (√(v / (1 − β₂^t)) + ε)
  Adam: optimizer => {
    requireSteps(optimizer);
    const {learningRate, beta1, beta2, epsilon, accBeta1, accBeta2, accumulatedSecondMoment} = stateOf(optimizer);
    return {
      threshold: averaged(learningRate, beta1),
      preconditioner: weight =>
        tf.tidy(() => {
          const v = keptFor(weight, accumulatedSecondMoment);
          const root = tf.sqrt(tf.div(v, biasCorrection(accBeta2, beta2)));
          return tf.mul(biasCorrection(accBeta1, beta1), tf.add(root, epsilon));
        }),
    };
  },

  // P = (1 − β₁^t) (u + ε) (1 + decay × t)
  Adamax: optimizer => {
    requireSteps(optimizer);
    const {learningRate, beta1, epsilon, decay, iteration, accBeta1, accumulatedWeightedInfNorm} = stateOf(optimizer);
    return {
      threshold: averaged(learningRate, beta1),
      preconditioner: weight =>
        tf.tidy(() => {
          const u = keptFor(weight, accumulatedWeightedInfNorm);
          const slowed = tf.add(1, tf.mul(iteration, decay));
          return tf.mul(tf.mul(biasCorrection(accBeta1, beta1), slowed), tf.add(u, epsilon));
        }),
    };
  },

  // P = √(s + ε), or √(s − (g² + ε)) with the mean gradient g
  RMSProp: optimizer => {
    requireSteps(optimizer);
    const {learningRate, momentum, epsilon, centered, accumulatedMeanSquares, accumulatedMeanGrads} =
      stateOf(optimizer);
    return {
      threshold: heavyBall(learningRate, momentum),
      preconditioner: weight =>
        tf.tidy(() => {
          const s = keptFor(weight, accumulatedMeanSquares);
          if (!centered) return tf.sqrt(tf.add(s, epsilon));
          return tf.sqrt(tf.sub(s, tf.add(tf.square(keptFor(weight, accumulatedMeanGrads)), epsilon)));
        }),
    };
  },

  // P = √(Σ g² + ε)
  Adagrad: optimizer => {
    requireSteps(optimizer);
    const {learningRate, accumulatedGrads} = stateOf(optimizer);
    return {
      threshold: 2 / learningRate,
      preconditioner: weight =>
        tf.tidy(() => tf.sqrt(tf.add(keptFor(weight, accumulatedGrads), tf.backend().epsilon()))),
    };
  },

  // P = √(s + ε) / √(u + ε)
  Adadelta: optimizer => {
    requireSteps(optimizer);
    const {learningRate, epsilon, accumulatedGrads, accumulatedUpdates} = stateOf(optimizer);
    return {
      threshold: 2 / learningRate,
      preconditioner: weight =>
        tf.tidy(() => {
          const [s, u] = [keptFor(weight, accumulatedGrads), keptFor(weight, accumulatedUpdates)];
          return tf.div(tf.sqrt(tf.add(s, epsilon)), tf.sqrt(tf.add(u, epsilon)));
        }),
    };
  },
};
