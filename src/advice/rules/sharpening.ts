import {direction, type Rule, short} from '../history.js';

/** A sharpness that grows so much asks for a look. */
const MUCH = 10;

/** The largest eigenvalue rises while the loss falls. */
export const sharpening: Rule = ({samples}) => {
  const tops = samples.flatMap(({full}) => full.largest[0]?.value ?? []);
  if (tops.length < samples.length || direction(tops) !== 'rises') return [];
  if (direction(samples.map(({loss}) => loss)) !== 'falls') return [];
  const [first, last] = [tops[0]!, tops.at(-1)!];
  const growth = first > 0 ? last / first : Number.POSITIVE_INFINITY;
  return [
    {
      rule: 'sharpening',
      level: growth > MUCH ? 'look' : 'note',
      layer: null,
      text: `The loss falls, and the largest eigenvalue has risen from ${short(first)} to ${short(last)}.`,
      evidence: {first, last, steps: samples.at(-1)!.step - samples[0]!.step},
      tryThis:
        'That is usual up to the edge of stability. For a flatter minimum: a larger learning rate, a smaller batch, or HessianTraceRegularizer.',
    },
  ];
};
