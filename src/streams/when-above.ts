import type {MonoTypeOperatorFunction} from 'rxjs';
import {check} from '../arguments/check.js';
import {finiteNumber} from '../arguments/kinds.js';
import type {MetricPoint} from './metric-points.js';
import {scanSeries} from './scan-series.js';

/**
 * The points at which the value of a layer rises above a threshold: the first point above it, and the first one after each
 * point that was not above it. For all points above it, use `filter` of RxJS.
 *
 * @throws InvalidArgumentError if the threshold is not a finite number.
 * @example
 * curvature.metric$('edgeOfStability').pipe(forLayer(null), whenAbove(1)).subscribe(({step}) => …);
 */
export function whenAbove<P extends MetricPoint>(threshold: number): MonoTypeOperatorFunction<P> {
  check('threshold', finiteNumber(), threshold);
  return scanSeries(
    () => ({isAbove: false}),
    (state, point) => {
      const wasAbove = state.isAbove;
      state.isAbove = point.value > threshold;
      return state.isAbove && !wasAbove ? [point] : [];
    },
  );
}
