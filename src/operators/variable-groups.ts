import type {Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';

/**
 * Turns variables into layers: one layer for each variable, or for each named group.
 *
 * @throws InvalidArgumentError if there are none, if one is not a variable, or if one is given twice.
 */
export function groupVariables(variables: Variable[] | Record<string, Variable | Variable[]>): WeightedLayer[] {
  const groups: [string, Variable[]][] = Array.isArray(variables)
    ? variables.map(variable => [variable?.name, [variable]])
    : Object.entries(variables ?? {}).map(([name, group]) => [name, [group].flat()]);
  if (groups.length === 0) throw new InvalidArgumentError('No variables are given; name at least one tf.Variable.');
  const seen = new Set<Variable>();
  for (const variable of groups.flatMap(([, group]) => group)) {
    if (!(variable instanceof tf.Variable) || variable.dtype !== 'float32' || variable.isDisposed) {
      throw new InvalidArgumentError(
        `Derivatives are taken in float32 tf.Variables that are not disposed of; got ${show(variable)}.`,
      );
    }
    if (seen.has(variable)) throw new InvalidArgumentError(`Variable "${variable.name}" is given twice.`);
    seen.add(variable);
  }
  const empty = groups.find(([, group]) => group.every(({size}) => size === 0));
  if (empty !== undefined) throw new InvalidArgumentError(`"${empty[0]}" has no entries; leave it out.`);
  const isGrouped = !Array.isArray(variables);
  return groups.map(([name, group]) => ({
    name,
    className: 'Variable',
    variables: group.map(variable => ({
      name: variable.name,
      path: isGrouped ? `${name}/${variable.name}` : variable.name,
      variable,
    })),
  }));
}
