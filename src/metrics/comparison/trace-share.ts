import {check} from '../../arguments/check.js';
import {listOf, wholeNumber} from '../../arguments/kinds.js';
import {estimateSchema} from '../record-schemas.js';
import type {Estimate} from '../records.js';
import {combinedError, ratio, sumOf} from '../statistics/estimate-arithmetic.js';

const tracesSchema = listOf(estimateSchema, "a list of the layers' traces, with at least one", 1);

/**
 * A layer's part of the sum of all layers' traces.
 *
 * The parts add up to 1; they may be negative or above 1 if some traces are negative. The error takes into account
 * that the layer's own trace is in numerator and denominator. NaN if the sum is 0.
 *
 * @example
 * const share = traceShare(layers.map(({trace}) => trace), 0);
 */
export function traceShare(traces: readonly Estimate[], index: number): Estimate {
  check('traces', tracesSchema, traces);
  check('index', wholeNumber(0, traces.length - 1), index);
  const own = traces[index]!;
  const rest = sumOf(traces.filter((_, i) => i !== index));
  const total = own.value + rest.value;
  // d(a / (a + r)) = (r da − a dr) / (a + r)²
  const standardError = combinedError([
    own.standardError === null ? null : (rest.value * own.standardError) / total ** 2,
    rest.standardError === null ? null : (own.value * rest.standardError) / total ** 2,
  ]);
  return {
    value: ratio(own, {value: total, standardError: 0, probes: own.probes}).value,
    standardError,
    probes: own.probes,
  };
}
