import {InvalidArgumentError} from '../errors.js';
import type {Metric} from './metric.js';

const trace: Metric = {
  name: 'trace',
  unit: 'loss',
  describe: 'The sum of the eigenvalues.',
  compute: block => block.trace,
};

const top: Metric = {
  name: 'top',
  unit: 'loss',
  describe: 'The largest eigenvalue: the sharpness.',
  compute: block => block.largest[0]?.value ?? Number.NaN,
};

const bottom: Metric = {
  name: 'bottom',
  unit: 'loss',
  describe: 'The smallest eigenvalue: below zero at a saddle.',
  compute: block => block.smallest[0]?.value ?? Number.NaN,
};

const frobenius: Metric = {
  name: 'frobenius',
  unit: 'loss',
  describe: 'The root of the sum of squared eigenvalues.',
  compute: block => block.frobenius,
};

/** The metrics that go by a name. */
export const builtInMetrics = {trace, top, bottom, frobenius} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof builtInMetrics;

/**
 * A metric by its name; one of your own is itself.
 *
 * @throws InvalidArgumentError for a name that is not known.
 */
export function metricOf(metric: MetricName | Metric): Metric {
  if (typeof metric === 'object' && metric !== null && typeof metric.compute === 'function') return metric;
  const found = (builtInMetrics as Record<string, Metric>)[metric as string];
  if (found !== undefined) return found;
  throw new InvalidArgumentError(
    `"${String(metric)}" is no metric; it must be one of ${Object.keys(builtInMetrics).join(', ')}, or a Metric of your own.`,
  );
}
