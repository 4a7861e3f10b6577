import {direction, estimateInWords, isAbove, type Rule, trendInWords} from '../history.js';

/** The trace does not fall, although it is penalized. */
export const penaltyWithoutEffect: Rule = ({samples, context: {penalized = false}}) => {
  const traces = samples.map(({full}) => full.trace);
  if (!penalized || direction(traces.map(({value}) => value)) !== 'rises') return [];
  const [first, last] = [samples[0]!, samples.at(-1)!];
  if (!isAbove(last.full.trace, first.full.trace)) return [];
  return [
    {
      rule: 'penalty-without-effect',
      level: 'look',
      layer: null,
      text: `The trace is penalized, and yet has risen from ${estimateInWords(first.full.trace)} at step ${first.step} to ${estimateInWords(last.full.trace)} at step ${last.step}.`,
      evidence: {firstTrace: first.full.trace.value, lastTrace: last.full.trace.value},
      certainty: `${trendInWords(samples.length)} The ends differ beyond their errors.`,
      tryThis:
        'Raise the strength by a factor of ten, or take that of suggestStrength(); see penalty$ for what the penalty is.',
    },
  ];
};
