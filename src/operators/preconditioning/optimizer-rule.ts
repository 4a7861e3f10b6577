import type {Optimizer} from '@tensorflow/tfjs-core';
import {check} from '../../arguments/check.js';
import {functionThat, hasMethods, isSynchronous, positiveNumber, text, that} from '../../arguments/kinds.js';
import {recordOf} from '../../arguments/record.js';
import {show} from '../../arguments/show.js';
import {InvalidArgumentError} from '../../errors.js';
import {ownOptimizer} from '../../tfjs-internals/layers/optimizer-state.js';
import type {OptimizerEdge, OptimizerRule} from './optimizer-edge.js';
import {ownRules} from './own-rules.js';

const userRules = new Map<string, OptimizerRule>();

const edgeSchema = recordOf<OptimizerEdge>("an optimizer's edge, {threshold, preconditioner}")({
  threshold: positiveNumber(),
  preconditioner: that<OptimizerEdge['preconditioner']>(
    value => value === null || isSynchronous(value),
    'a function of a weight, or null',
  ),
});

/**
 * Registers the rule of an optimizer of your own, by the name of its class: what `optimizer.getClassName()` returns.
 *
 * TensorFlow.js' own optimizers have rules. A rule registered under one of their names replaces it.
 *
 * @returns undoes it.
 * @throws InvalidArgumentError if the rule is no function.
 * @example
 * // Steps of −rate × gradient / scale.
 * registerOptimizer('ScaledDescent', optimizer => ({
 *   threshold: 2 / optimizer.rate,
 *   preconditioner: ({shape}) => tf.fill(shape, optimizer.scale),
 * }));
 */
export function registerOptimizer(className: string, rule: OptimizerRule): () => void {
  check('className', text("a class's name"), className);
  check('rule', functionThat<OptimizerRule>('a function of an optimizer'), rule);
  const before = userRules.get(className);
  userRules.set(className, rule);
  return () => {
    if (before === undefined) userRules.delete(className);
    else userRules.set(className, before);
  };
}

/** The rule of an optimizer; `null` if there is none. */
export function ruleOf(optimizer: Optimizer): OptimizerRule | null {
  const own = ownOptimizer(optimizer);
  return userRules.get(optimizer.getClassName()) ?? (own === null ? null : ownRules[own]);
}

/**
 * The edge of an optimizer in its present state.
 *
 * @throws InvalidArgumentError for an optimizer without a rule, or without a state.
 */
export function edgeOf(optimizer: Optimizer): OptimizerEdge {
  if (!hasMethods(optimizer, ['applyGradients', 'getClassName'])) {
    throw new InvalidArgumentError(
      `The optimizer is ${show(optimizer)}; give that of a compiled model, model.optimizer, or one of tf.train.`,
    );
  }
  const rule = ruleOf(optimizer);
  if (rule === null) {
    throw new InvalidArgumentError(
      `The optimizer ${optimizer.getClassName()} has no rule that says when its steps grow; register one with registerOptimizer().`,
    );
  }
  return check(`The edge of ${optimizer.getClassName()}`, edgeSchema, rule(optimizer));
}
