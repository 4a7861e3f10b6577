import type {MonoTypeOperatorFunction} from 'rxjs';
import {filter} from 'rxjs';
import type {MetricPoint} from './metric-points.js';

/**
 * The points of one layer; `null` is the whole network.
 *
 * @example
 * curvature.metric$('top').pipe(forLayer('dense_1')).subscribe(({step, value}) => …);
 */
export function forLayer<P extends MetricPoint>(name: string | null): MonoTypeOperatorFunction<P> {
  return filter(({layer}) => layer === name);
}
