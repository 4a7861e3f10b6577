import type {Optimizer, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What an optimizer keeps for a weight; the name is the weight's, a slash and a suffix. */
export interface Accumulator {
  readonly originalName: string;
  readonly variable: Variable;
}

/** The private members of TensorFlow.js' optimizers: settings, and the state after the steps so far. */
export interface OptimizerState {
  readonly learningRate: number;
  readonly momentum: number;
  readonly useNesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  readonly centered: boolean;
  /** β₁ to the number of steps plus one. */
  readonly accBeta1: Variable;
  /** β₂ to the number of steps plus one. */
  readonly accBeta2: Variable;
  /** Adamax: the number of steps. */
  readonly iteration: Variable;
  readonly accumulatedSecondMoment: readonly Accumulator[];
  readonly accumulatedWeightedInfNorm: readonly Accumulator[];
  readonly accumulatedMeanSquares: readonly Accumulator[];
  readonly accumulatedMeanGrads: readonly Accumulator[];
  readonly accumulatedGrads: readonly Accumulator[];
  readonly accumulatedUpdates: readonly Accumulator[];
}

/** The state of one of TensorFlow.js' own optimizers. Which members it has depends on its class. */
export function stateOf(optimizer: Optimizer): OptimizerState {
  return optimizer as Optimizer & OptimizerState;
}

/**
 * The names of the weights for which one of TensorFlow.js' own optimizers keeps something, by its position; `null` for other optimizers.
 * A step finds what is kept for a weight by the weight's position among those that are trained.
 */
export function keptWeights(optimizer: Optimizer): string[] | null {
  if (ownOptimizer(optimizer) === null) return null;
  const lists = Object.values(optimizer).filter((part): part is Accumulator[] => Array.isArray(part));
  const list = lists.find(part => part.length > 0) ?? [];
  return list.map(({originalName}) => originalName.slice(0, originalName.lastIndexOf('/')));
}

/** TensorFlow.js' own optimizers. */
const OWN = {
  SGD: tf.SGDOptimizer,
  Momentum: tf.MomentumOptimizer,
  Adam: tf.AdamOptimizer,
  Adamax: tf.AdamaxOptimizer,
  RMSProp: tf.RMSPropOptimizer,
  Adagrad: tf.AdagradOptimizer,
  Adadelta: tf.AdadeltaOptimizer,
};

/** The names of the classes of TensorFlow.js' own optimizers. */
export type OwnOptimizer = keyof typeof OWN;

/** The class of an optimizer whose steps are those of TensorFlow.js; `null` for others, also for subclasses with steps of their own. */
export function ownOptimizer(optimizer: Optimizer): OwnOptimizer | null {
  const steps = optimizer.applyGradients;
  const names = Object.keys(OWN) as OwnOptimizer[];
  return names.find(name => OWN[name].prototype.applyGradients === steps) ?? null;
}
