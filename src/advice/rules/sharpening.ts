import {direction, eigenvalueInWords, type Rule, trendInWords} from '../history.js';

/** A sharpness that grows by less is not worth a word; one that grows by more asks for a look. */
const [LITTLE, MUCH] = [1.2, 10];

/** The largest eigenvalue rises while the loss falls. */
export const sharpening: Rule = ({samples}) => {
  const tops = samples.flatMap(({full}) => full.largest[0] ?? []);
  if (tops.length < samples.length || direction(tops.map(({value}) => value)) !== 'rises') return [];
  if (direction(samples.map(({loss}) => loss)) !== 'falls') return [];
  const [first, last] = [tops[0]!, tops.at(-1)!];
  if (last.value - last.residual <= first.value + first.residual) return [];
  const growth = first.value > 0 ? last.value / first.value : Number.POSITIVE_INFINITY;
  if (growth < LITTLE) return [];
  return [
    {
      rule: 'sharpening',
      level: growth > MUCH ? 'look' : 'note',
      layer: null,
      text: `The network gets sharper as it learns: the largest eigenvalue has risen from ${eigenvalueInWords(first)} at step ${samples[0]!.step} to ${eigenvalueInWords(last)} at step ${samples.at(-1)!.step}, while the loss falls.`,
      evidence: {firstTop: first.value, lastTop: last.value, steps: samples.at(-1)!.step - samples[0]!.step},
      certainty: trendInWords(samples.length),
      tryThis:
        'That is usual up to the edge of stability. For a flatter minimum: a larger learning rate, a smaller batch, or HessianTraceRegularizer.',
    },
  ];
};
