import {check} from '../arguments/check.js';
import {listOf} from '../arguments/kinds.js';
import {InvalidArgumentError} from '../errors.js';
import {ritzValues} from './record-schemas.js';
import type {Estimate, RitzValue} from './records.js';
import {meanEstimate} from './statistics/mean-estimate.js';
import {NORMAL_95, studentQuantile} from './statistics/student-t.js';

/** How an eigenvalue varies from batch to batch. */
export interface BatchSpread {
  /** The mean over all batches that could be drawn; `probes` is the number of batches. */
  readonly mean: Estimate;
  /** The standard deviation over the batches; `null` for one batch. */
  readonly deviation: number | null;
  /** With a probability of 95 %, the eigenvalue of one more batch is between `lower` and `upper`; infinite for one batch. */
  readonly lower: number;
  readonly upper: number;
}

const batches = listOf(
  ritzValues,
  'a list with the eigenvalues of each batch, such as miniBatchEigenvalues(model, batches) returns',
);

/**
 * The spread of mini-batch eigenvalues over the batches: one entry for the best eigenvalue of each batch, one for the second, and so on.
 *
 * `mean.value ± 1.96 mean.standardError` is a 95 % interval for the mean over all batches; it includes the largest residual. The interval for
 * one more batch assumes batches that are drawn independently, with eigenvalues that are about normally distributed.
 *
 * Source: Student (1908); Fisher (1935) for the interval of one more.
 *
 * @throws InvalidArgumentError for an empty list, and for batches with different numbers of eigenvalues.
 * @example
 * const [top] = batchSpread(await miniBatchEigenvalues(model, batches));
 * console.log(`${top!.mean.value} on average; the next batch between ${top!.lower} and ${top!.upper}`);
 */
export function batchSpread(found: readonly (readonly RitzValue[])[]): BatchSpread[] {
  check('found', batches, found);
  const count = found[0]?.length ?? 0;
  if (count === 0 || found.some(({length}) => length !== count)) {
    throw new InvalidArgumentError(
      `The batches have ${found.map(({length}) => length).join(', ') || 'no'} eigenvalues; give at least one batch, each with the same number, as miniBatchEigenvalues returns them.`,
    );
  }
  return found[0]!.map((_, rank) => spreadOf(found.map(batch => batch[rank]!)));
}

function spreadOf(values: readonly RitzValue[]): BatchSpread {
  const {value, standardError, probes} = meanEstimate(values.map(({value: x}) => x));
  // A residual is a bound: it widens both intervals by itself.
  const residual = values.reduce((most, pair) => Math.max(most, pair.residual), 0);
  if (standardError === null) {
    return {
      mean: {value, standardError, probes},
      deviation: null,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    };
  }
  const deviation = Math.sqrt(values.reduce((sum, {value: x}) => sum + (x - value) ** 2, 0) / (probes - 1));
  const reach = studentQuantile(probes - 1) * deviation * Math.sqrt(1 + 1 / probes) + residual;
  return {
    mean: {value, standardError: standardError + residual / NORMAL_95, probes},
    deviation,
    lower: value - reach,
    upper: value + reach,
  };
}
