import {isStillLearning, lower, type Rule, short} from '../history.js';

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
      text: `The loss does not fall, and at step ${step} an eigenvalue is ${short(bottom.value)} ± ${short(bottom.residual)}, beside a largest one of ${short(top.value)}: a direction leads down.`,
      evidence: {
        bottom: bottom.value,
        residual: bottom.residual,
        top: top.value,
        negativeMass: lower(full.negativeMass),
      },
      tryThis:
        'Raise the learning rate, or use momentum, a smaller batch or another initialization: noise and speed leave a saddle.',
    },
  ];
};
