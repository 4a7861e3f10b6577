import type {MonoTypeOperatorFunction} from 'rxjs';
import {check} from '../arguments/check.js';
import {positiveNumber} from '../arguments/kinds.js';
import type {MetricPoint} from './metric-points.js';
import {scanSeries} from './scan-series.js';

/**
 * The exponentially weighted mean of the points of each layer. A point counts half as much as the one `halfLife` points
 * later.
 *
 * ȳₜ = Σᵢ dⁱ yₜ₋ᵢ / Σᵢ dⁱ with d = 2^(−1 / halfLife), over the points of the run so far. The standard error is that of the
 * mean of points with independent errors; it is missing if one of them is not known.
 *
 * @throws InvalidArgumentError if `halfLife` is not a positive number.
 * @example
 * curvature.metric$('trace').pipe(smooth(5)).subscribe(({layer, value}) => …);
 */
export function smooth<P extends MetricPoint>(halfLife: number): MonoTypeOperatorFunction<P> {
  check('halfLife', positiveNumber(' of points, such as 5'), halfLife);
  const decay = 2 ** (-1 / halfLife);
  return scanSeries(
    // Sums over the points of weight, weight × value and (weight × error)².
    () => ({weight: 0, sum: 0, variance: 0}),
    (sums, point: P) => {
      sums.weight = decay * sums.weight + 1;
      sums.sum = decay * sums.sum + point.value;
      sums.variance = decay ** 2 * sums.variance + (point.standardError ?? Number.NaN) ** 2;
      const mean: P = {...point, value: sums.sum / sums.weight};
      const error = Math.sqrt(sums.variance) / sums.weight;
      if (!Number.isNaN(error)) return [{...mean, standardError: error}];
      Reflect.deleteProperty(mean, 'standardError');
      return [mean];
    },
  );
}
