import type {HessianSample} from '../../streams/hessian-sample.js';
import type {Finding} from '../finding.js';
import {eigenvalueInWords, type History, inWords, isStillLearning, median, type Rule} from '../history.js';

/** Sharpness over the optimizer's threshold: above 1 a step overshoots along the sharpest direction. */
const [FAR_BELOW, NEAR, BEYOND] = [0.05, 0.8, 1.3];

/** How many of the newest samples must agree. */
const LATEST = 3;

/** Where the sharpness is, compared with the edge of stability of the optimizer in use (Cohen et al. 2021, 2022). */
export const edge: Rule = history => {
  const known = history.samples.filter(({stability}) => stability !== null);
  if (known.length < LATEST) return [];
  const latest = known.slice(-LATEST).map(({stability}) => stability!.ratio);
  const at = placeOf(known.at(-1)!, latest);
  if (latest.every(each => each > BEYOND)) return [beyond(at)];
  if (median(latest) >= NEAR) return [near(at)];
  if (latest.every(each => each < FAR_BELOW)) return [farBelow(history, at)];
  return [];
};

/** Where the newest sample is, in the words of the findings. */
interface Place extends Pick<Finding, 'evidence' | 'certainty'> {
  readonly optimizer: string;
  readonly ratio: number;
  readonly rate: number | null;
  /** Such as `1.93 of its edge of stability at step 40 (sharpness 19.3, threshold 10)`. */
  readonly words: string;
}

function placeOf({stability, learningRate: rate, step}: HessianSample, latest: readonly number[]): Place {
  const {optimizer, ratio, sharpness, threshold, residual} = stability!;
  const sharp = residual === undefined ? inWords(sharpness) : eigenvalueInWords({value: sharpness, residual});
  return {
    optimizer,
    ratio,
    rate,
    words: `${inWords(ratio)} of its edge of stability at step ${step} (sharpness ${sharp}, threshold ${inWords(threshold)})`,
    evidence: {ratio, sharpness, threshold, ...(rate !== null && {learningRate: rate})},
    certainty: `The newest ${LATEST} samples: ${latest.map(inWords).join(', ')}.`,
  };
}

function beyond({optimizer, ratio, rate, words, evidence, certainty}: Place): Finding {
  const to = rate === null ? '' : `, here to ${inWords(rate / ratio)} or less`;
  return {
    rule: 'beyond-edge',
    level: 'act',
    layer: null,
    text: `${optimizer} takes steps that are too large: it is at ${words}, and overshoots along the sharpest direction.`,
    evidence,
    certainty,
    tryThis: `Divide the learning rate by ${inWords(ratio)}${to}, warm it up, or add EdgeOfStabilityGuard.`,
  };
}

function near({optimizer, words, evidence, certainty}: Place): Finding {
  return {
    rule: 'at-edge',
    level: 'note',
    layer: null,
    text: `${optimizer} is at ${words}, where training often stays.`,
    evidence,
    certainty,
    tryThis: '',
  };
}

function farBelow(history: History, {optimizer, rate, words, evidence, certainty}: Place): Finding {
  const isStuck = !isStillLearning(history);
  const to = rate === null ? '' : ` from ${inWords(rate)}`;
  return {
    rule: 'far-below-edge',
    level: isStuck ? 'look' : 'note',
    layer: null,
    text: `${optimizer} is at ${words}: curvature would allow much larger steps${isStuck ? ', and the loss does not fall' : ''}.`,
    evidence,
    certainty,
    tryThis: `Raise the learning rate${to} by a factor of three at a time, as long as the loss falls.`,
  };
}
