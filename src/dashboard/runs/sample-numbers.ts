// What the numbers of one sample say by themselves.
import {InvalidArgumentError} from '../../errors.js';
import {builtInMetrics} from '../../metrics/built-in.js';
import type {BlockSpectrum} from '../../metrics/records.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {metricPoints} from '../../streams/metric-points.js';

/** The edge of stability of each block; why there is none if a number of the sample is not finite. */
export function edgesOf(sample: HessianSample): {edges: Map<string | null, number | null>; refusal: string} {
  try {
    const points = metricPoints(sample, builtInMetrics.edgeOfStability);
    return {edges: new Map(points.map(({layer, value}) => [layer, value])), refusal: ''};
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return {edges: new Map(), refusal: error.message};
  }
}

/** The numbers of a sample that are not finite, as text: those of the network or, if it has none, of the layers. */
export function notFiniteOf({loss, full, layers}: HessianSample): string {
  const wrong = (numbers: Record<string, number>) =>
    Object.entries(numbers).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [`${name} ${value}`]));
  const ofBlock = ({trace, largest}: BlockSpectrum) =>
    wrong({trace: trace.value, 'largest eigenvalue': largest[0]?.value ?? 0});
  const ofNetwork = [...wrong({loss}), ...ofBlock(full)];
  const all =
    ofNetwork.length > 0 ? ofNetwork : layers.flatMap(layer => ofBlock(layer).map(text => `${layer.name}: ${text}`));
  return all.length === 0 ? '' : `${all.join(', ')}.`;
}
