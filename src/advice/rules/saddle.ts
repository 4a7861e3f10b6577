import {eigenvalueInWords, isStillLearning, type Rule} from '../history.js';

/** The most negative eigenvalue counts from this share of the largest on. */
const SHARE = 0.1;

/** The loss stays where it is, and there is a direction that leads down. */
export const saddle: Rule = history => {
  const {full, step} = history.samples.at(-1)!;
  const [top, bottom] = [full.largest[0], full.smallest[0]];
  if (top === undefined || bottom === undefined || isStillLearning(history)) return [];
  const highest = bottom.value + bottom.residual;
  if (!(highest < 0 && -highest > SHARE * top.value)) return [];
  return [
    {
      rule: 'saddle',
      level: 'look',
      layer: null,
      text: `The loss does not fall, although a direction leads down: at step ${step} the smallest eigenvalue is ${eigenvalueInWords(bottom)}, the largest ${eigenvalueInWords(top)}.`,
      evidence: {
        bottom: bottom.value,
        residual: bottom.residual,
        top: top.value,
        negativeMass: full.negativeMass.value,
      },
      certainty:
        'The eigenvalue is below zero by more than its bound; that the loss does not fall is judged by the second half of the samples.',
      tryThis:
        'Raise the learning rate, or use momentum, a smaller batch or another initialization: noise and speed leave a saddle.',
    },
  ];
};
