import {traceShare} from '../../metrics/comparison/trace-share.js';
import type {LayerSpectrum} from '../../metrics/records.js';
import type {Finding} from '../finding.js';
import {lower, percent, type Rule} from '../history.js';

/** A layer with more than this share of the trace owns it. */
const SHARE = 0.9;

/** One layer has nearly all of the trace, although it has not nearly all of the parameters. */
export const traceOwner: Rule = ({samples}) => {
  const {layers, step} = samples.at(-1)!;
  return traceOwners(layers, {at: ` at step ${step}`, where: ', in the newest sample'});
};

/** The finding on the layers of one moment. */
export function traceOwners(
  layers: readonly LayerSpectrum[],
  {at, where}: {readonly at: string; readonly where: string},
): Finding[] {
  if (layers.length < 3) return [];
  const traces = layers.map(({trace}) => trace);
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return layers.flatMap(({name, parameters: own}, i) => {
    const share = traceShare(traces, i);
    const least = lower(share);
    if (least === null || !(least > SHARE) || own / parameters > SHARE / 2) return [];
    return [
      {
        rule: 'trace-owner',
        level: 'look' as const,
        layer: name,
        text: `${name} has ${percent(share.value)} of the trace${at}, with ${percent(own / parameters)} of the parameters.`,
        evidence: {
          share: share.value,
          parameters: own / parameters,
          ...(share.standardError !== null && {standardError: share.standardError}),
        },
        certainty: `At 95 % confidence it has at least ${percent(least)}${where}.`,
        tryThis: `It limits the learning rate of all layers: normalize its inputs, initialize it smaller, or penalize it alone, {layers: ['${name}']}.`,
      },
    ];
  });
}
