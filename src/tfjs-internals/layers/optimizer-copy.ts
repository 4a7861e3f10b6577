import type {Optimizer} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Accumulator} from './optimizer-state.js';
import {ownOptimizer} from './optimizer-state.js';

/** The members of an optimizer that hold its state, by name. Those of TensorFlow.js' own optimizers are all public in JavaScript. */
type Members = Record<string, unknown>;

interface OptimizerClass {
  new (...args: never): Optimizer;
  fromConfig(cls: OptimizerClass, config: tf.serialization.ConfigDict): Optimizer;
}

/**
 * A copy of one of TensorFlow.js' own optimizers: its settings, moments and count of steps. The caller disposes of it by
 * `disposeOptimizer`. `null` for other optimizers, whose state is not known.
 */
export function copyOptimizer(optimizer: Optimizer): Optimizer | null {
  if (ownOptimizer(optimizer) === null) return null;
  const cls = optimizer.constructor as unknown as OptimizerClass;
  const copy = cls.fromConfig(cls, optimizer.getConfig());
  const members = copy as unknown as Members;
  for (const [name, part] of Object.entries(optimizer as unknown as Members)) {
    if (part instanceof tf.Variable) (members[name] as tf.Variable).assign(part);
    else if (Array.isArray(part)) members[name] = (part as Accumulator[]).map(copyAccumulator);
    else if (name === 'iterations_') members[name] = part;
  }
  return copy;
}

/** The lists have holes where a weight had no gradient. */
function copyAccumulator(accumulator: Accumulator | undefined): Accumulator | undefined {
  return accumulator && {...accumulator, variable: tf.variable(accumulator.variable, false)};
}

/** Disposes of all tensors of an optimizer. TensorFlow.js' own `dispose` leaves out some constants. */
export function disposeOptimizer(optimizer: Optimizer): void {
  for (const part of Object.values(optimizer as unknown as Members)) {
    if (part instanceof tf.Tensor) part.dispose();
    else if (Array.isArray(part)) for (const each of part as (Accumulator | undefined)[]) each?.variable.dispose();
  }
}
