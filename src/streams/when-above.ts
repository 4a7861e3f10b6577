import type {MonoTypeOperatorFunction} from 'rxjs';
import {check} from '../arguments/check.js';
import {finiteNumber} from '../arguments/kinds.js';
import type {MetricPoint} from './metric-points.js';
import {scanSeries} from './scan-series.js';

/**
 * The points at which a layer's value rises above a threshold: the first one above it, and again after each one that was
 * not. (All points above it are RxJS' `filter`.)
 *
 * @throws InvalidArgumentError for a threshold that is not a finite number.
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
