import {direction, inWords, median, type Rule, trendInWords} from '../history.js';

/** The newest two losses are both so many times as large as all those at the beginning: with few samples, and with five or more. */
const [GROWN_IN_FEW, GROWN] = [4, 2];
const FEW = 5;

/** A trend counts if the last third of the losses is above the first third by this factor. */
const RISEN = 1.2;

/** The loss rises instead of falling: by itself, or since a penalty is minimized in its place. */
export const diverging: Rule = ({samples, context: {penalized = false}}) => {
  const certainty = certaintyOf(samples.map(({loss}) => loss));
  if (certainty === null) return [];
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const course = `from ${inWords(first.loss)} at step ${first.step} to ${inWords(last.loss)} at step ${last.step}`;
  const evidence = {firstLoss: first.loss, lastLoss: last.loss, steps: last.step - first.step};
  if (penalized) {
    return [
      {
        rule: 'penalty-too-strong',
        level: 'act',
        layer: null,
        text: `The loss has risen ${course} while a penalty is minimized with it.`,
        evidence,
        certainty,
        tryThis:
          'Divide the strength by 100, or take that of suggestStrength(). If the loss still rises, lower the learning rate.',
      },
    ];
  }
  return [
    {
      rule: 'diverging',
      level: 'act',
      layer: null,
      text: `The training diverges: the loss has risen ${course}.`,
      evidence,
      certainty,
      tryThis:
        'Start again with a tenth of the learning rate. If the loss falls then, raise it step by step; if not, look at inputs and labels.',
    },
  ];
};

/** How sure it is that losses rise; `null` if they do not. */
function certaintyOf(losses: readonly number[]): string | null {
  const {length} = losses;
  if (length < 3) return null;
  if (length < FEW) {
    const isGrown = Math.min(...losses.slice(-2)) > GROWN_IN_FEW * losses[0]!;
    return isGrown ? `The newest two of ${length} samples are both over ${GROWN_IN_FEW} times the first.` : null;
  }
  const third = Math.ceil(length / 3);
  const isTrend = direction(losses) === 'rises';
  if (isTrend && median(losses.slice(-third)) > RISEN * median(losses.slice(0, third))) return trendInWords(length);
  const half = Math.floor(length / 2);
  const first = Math.max(2, Math.ceil(length / 6));
  if (Math.min(...losses.slice(-half)) > GROWN * Math.max(...losses.slice(0, first))) {
    return `Each of the newest ${half} samples is over ${GROWN} times the first ${first}.`;
  }
  if (Math.min(...losses.slice(-2)) > GROWN * Math.max(...losses.slice(0, half))) {
    return `The newest two of ${length} samples are both over ${GROWN} times all of the first half.`;
  }
  return null;
}
