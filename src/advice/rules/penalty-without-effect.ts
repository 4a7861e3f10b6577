import {direction, type Rule, short} from '../history.js';

/** The trace does not fall, although it is penalized. */
export const penaltyWithoutEffect: Rule = ({samples, context: {penalized = false}}) => {
  const traces = samples.map(({full}) => full.trace.value);
  if (!penalized || direction(traces) !== 'rises') return [];
  return [
    {
      rule: 'penalty-without-effect',
      level: 'look',
      layer: null,
      text: `The trace is penalized, and has risen from ${short(traces[0]!)} to ${short(traces.at(-1)!)}.`,
      evidence: {first: traces[0]!, last: traces.at(-1)!},
      tryThis:
        'Raise the strength by a factor of ten, or take that of suggestStrength(); see penalty$ for what the penalty is.',
    },
  ];
};
