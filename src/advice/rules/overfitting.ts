import {direction, type Rule, short} from '../history.js';

/** The loss on validation data rises while the sampled loss falls, and the network gets sharper. */
export const overfitting: Rule = ({samples, context: {validationLoss = []}}) => {
  const falls = direction(samples.map(({loss}) => loss)) === 'falls';
  const least = Math.min(...validationLoss);
  const last = validationLoss.at(-1);
  const best = validationLoss.indexOf(least);
  const after = validationLoss.slice(best);
  if (!falls || last === undefined || last < 1.1 * least || direction(after) !== 'rises') return [];
  const [first, top] = [samples[0]!, samples.at(-1)!].map(({full}) => full.largest[0]?.value ?? Number.NaN);
  return [
    {
      rule: 'overfitting',
      level: 'look',
      layer: null,
      text: `The loss on validation data has risen from ${short(least)} to ${short(last)} since epoch ${best + 1}, while the sampled loss falls; the largest eigenvalue went from ${short(first!)} to ${short(top!)}.`,
      evidence: {least, last, bestEpoch: best + 1},
      tryThis:
        'Stop there, take more data or augmentation, or regularize: HessianTraceRegularizer on the middle layers, dropout, weight decay.',
    },
  ];
};
