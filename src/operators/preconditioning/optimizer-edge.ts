import type {Optimizer, Tensor} from '@tensorflow/tfjs-core';
import type {WeightSlice} from '../linear-operator.js';

/** How an optimizer steps on a quadratic function, at one moment of a training. */
export interface OptimizerEdge {
  /** The largest eigenvalue of P^−½ H P^−½ at which steps neither grow nor shrink. It is proportional to 1 / learning rate. */
  readonly threshold: number;
  /**
   * The diagonal of P for a weight, of the weight's shape: the step is −learning rate × P⁻¹ × the gradient (or a mean of gradients). The
   * caller owns the result. `null`: P is the identity.
   */
  readonly preconditioner: ((weight: WeightSlice) => Tensor) | null;
}

/** The rule of a class of optimizers. It throws an InvalidArgumentError if the optimizer has no state yet. */
export type OptimizerRule = (optimizer: Optimizer) => OptimizerEdge;
