import {direction, inWords, type Rule, trendInWords} from '../history.js';

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
      text: `The loss on validation data has risen from ${inWords(least)} to ${inWords(last)} since epoch ${best + 1}, while the sampled loss falls; the largest eigenvalue went from ${inWords(first!)} at step ${samples[0]!.step} to ${inWords(top!)} at step ${samples.at(-1)!.step}.`,
      evidence: {leastValidationLoss: least, lastValidationLoss: last, bestEpoch: best + 1},
      certainty: trendInWords(after.length).replace('samples', 'epochs'),
      tryThis:
        'Stop there, take more data or augmentation, or regularize: HessianTraceRegularizer on the middle layers, dropout, weight decay.',
    },
  ];
};
