import {aligned} from '../mnist/align.js';
import type {Epoch, Run} from './training.js';

/** The results of the variants: means over the repeats ± their standard error. */
export function table(runs: readonly Run[]): string {
  const names = [...new Set(runs.map(({variant}) => variant))];
  const rows = names.map(name => {
    const own = runs.filter(({variant}) => variant === name);
    const last = (value: (epoch: Epoch) => number, digits: number) =>
      withError(
        own.map(({epochs}) => value(epochs.at(-1)!)),
        digits,
      );
    return [
      name,
      `${last(({accuracy}) => 100 * accuracy, 2)} %`,
      last(({trace}) => trace.value, 2),
      last(({top}) => top.value, 2),
      `${mean(own.map(({seconds}) => seconds)).toFixed(0)} s`,
    ];
  });
  return aligned(['regularizer', 'test accuracy', 'sum of the layers’ traces', 'top eigenvalue', 'fit took'], rows);
}

function withError(values: readonly number[], digits: number): string {
  const m = mean(values);
  if (values.length === 1) return m.toFixed(digits);
  const variance = values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1);
  return `${m.toFixed(digits)} ± ${Math.sqrt(variance / values.length).toFixed(digits)}`;
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
