import type {OperatorFunction} from 'rxjs';
import {optional} from 'valibot';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {Trend, TrendArgs} from '../metrics/statistics/trend.js';
import {trendAmong, trendArgs} from '../metrics/statistics/trend.js';
import type {MetricPoint} from './metric-points.js';
import {scanSeries} from './scan-series.js';

export interface TrendWindowArgs extends TrendArgs {
  /** The number of newest points that are tested; default 10. */
  readonly window?: number;
}

const trendWindowArgs = optionsOf<TrendWindowArgs>('trend()')({
  ...trendArgs.entries,
  window: optional(wholeNumber(2), 10),
});

/** A point with the trend of the newest points. */
export type TrendPoint<P extends MetricPoint = MetricPoint> = P & {readonly trend: Trend};

/**
 * Tests whether the newest points of each layer fall or rise significantly, from the second point of a run on.
 *
 * @throws InvalidArgumentError if `window` is not a whole number of at least 2.
 * @example
 * curvature.metric$('trace').pipe(trend({window: 8})).subscribe(({layer, trend: {direction, pValue}}) => …);
 */
export function trend<P extends MetricPoint>(args?: TrendWindowArgs): OperatorFunction<P, TrendPoint<P>> {
  const {window, level} = trendWindowArgs(args);
  return scanSeries(
    (): number[] => [],
    (values, point) => {
      values.push(point.value);
      if (values.length > window) values.shift();
      return values.length < 2 ? [] : [{...point, trend: trendAmong(values, level)}];
    },
  );
}
