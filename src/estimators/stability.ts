import type {Optimizer} from '@tensorflow/tfjs-core';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWorkEntries} from '../long-work.js';
import type {RitzValue} from '../metrics/records.js';
import type {NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {edgeOf} from '../operators/preconditioning/optimizer-rule.js';
import {preconditioned} from '../operators/preconditioning/preconditioned.js';
import {type EigenvaluesArgs, eigenvalues, eigenvaluesArgs} from './eigenvalues.js';

/** Options of `stability`. */
export interface StabilityArgs extends Pick<EigenvaluesArgs, 'tolerance' | 'maxSteps' | 'seed'>, LongWorkArgs {}

const {tolerance, maxSteps, seed} = eigenvaluesArgs.entries;
const stabilityArgs = optionsOf<StabilityArgs>('stability()')({tolerance, maxSteps, seed, ...longWorkEntries});

/** How near an optimizer is to the edge of stability. Plain data. */
export interface Stability {
  /** The name of its class. */
  readonly optimizer: string;
  /** The largest eigenvalue of P^−½ H P^−½: a true one lies within `residual`. */
  readonly sharpness: RitzValue;
  /** The sharpness at which steps neither grow nor shrink. */
  readonly threshold: number;
  /** Sharpness / threshold: below 1 steps along the top eigenvector shrink, at 1 is the edge, above it they grow. */
  readonly ratio: number;
}

/**
 * How near an optimizer is to the edge of stability, with the state that it has at the call.
 *
 * The sharpness is that of the preconditioned operator (see `preconditioned`). The threshold depends on the optimizer, for a learning rate η: 2 / η for SGD,
 * Adagrad and Adadelta, 2 (1 + β) / η for heavy-ball momentum and RMSProp, (2 + 2 β) / ((1 + 2 β) η) for Nesterov's, (2 + 2 β₁) / ((1 − β₁) η)
 * for Adam and Adamax. They are those of a quadratic function whose whole gradient is known; noise of mini-batches lowers the edge.
 *
 * Costs as `eigenvalues`.
 *
 * Source: Cohen, Kaur, Li, Kolter & Talwalkar (2021); Cohen, Ghorbani, Krishnan, et al. (2022).
 *
 * @throws InvalidArgumentError for bad options, and as `preconditioned`.
 * @example
 * const {ratio} = await stability(H, model.optimizer);
 * console.log(ratio > 1 ? 'steps grow' : 'steps shrink');
 */
export async function stability(H: NetworkOperator, optimizer: Optimizer, args?: StabilityArgs): Promise<Stability> {
  requireNetwork(H);
  const options = stabilityArgs(args);
  const {threshold} = edgeOf(optimizer);
  const A = preconditioned(H, optimizer);
  try {
    const {values, residuals} = await eigenvalues(A, {...options, k: 1});
    const sharpness = {value: values[0]!, residual: residuals[0]!};
    return {optimizer: optimizer.getClassName(), sharpness, threshold, ratio: sharpness.value / threshold};
  } finally {
    if (A !== H) A.dispose();
  }
}
