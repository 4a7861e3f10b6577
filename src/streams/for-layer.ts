import type {MonoTypeOperatorFunction} from 'rxjs';
import {filter} from 'rxjs';
import {check} from '../arguments/check.js';
import {orNull, text} from '../arguments/kinds.js';
import type {MetricPoint} from './metric-points.js';

const layerName = orNull(text("a layer's name, or null for the whole network"));

/**
 * The points of one layer; `null` is the whole network.
 *
 * @throws InvalidArgumentError for a name that is not a string.
 * @example
 * curvature.metric$('top').pipe(forLayer('dense_1')).subscribe(({step, value}) => …);
 */
export function forLayer<P extends MetricPoint>(name: string | null): MonoTypeOperatorFunction<P> {
  check('name', layerName, name);
  return filter(({layer}) => layer === name);
}
