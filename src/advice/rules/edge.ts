import type {HessianSample} from '../../streams/hessian-sample.js';
import type {Finding} from '../finding.js';
import {type History, inWords, isStillLearning, median, type Rule} from '../history.js';

/** Sharpness over the optimizer's threshold: above 1 a step overshoots along the sharpest direction. */
const [FAR_BELOW, NEAR, BEYOND] = [0.05, 0.8, 1.3];

/** How many of the newest samples must agree. */
const LATEST = 3;

const CERTAINTY = `The median of the newest ${LATEST} samples.`;

/** Where the sharpness is, compared with the edge of stability of the optimizer in use (Cohen et al. 2021, 2022). */
export const edge: Rule = history => {
  const ratios = history.samples.flatMap(sample => ratioOf(sample) ?? []);
  if (ratios.length < LATEST) return [];
  const latest = ratios.slice(-LATEST);
  const ratio = median(latest);
  const rate = history.samples.at(-1)!.learningRate;
  const evidence = {ratio, ...(rate !== null && {learningRate: rate})};
  if (latest.every(each => each > BEYOND)) return [beyond(ratio, rate, evidence)];
  if (ratio >= NEAR) return [near(ratio, evidence)];
  if (latest.every(each => each < FAR_BELOW)) return [farBelow(history, ratio, rate, evidence)];
  return [];
};

function ratioOf({stability}: HessianSample & {readonly stability?: {readonly ratio: number} | null}): number | null {
  return stability?.ratio ?? null;
}

function beyond(ratio: number, rate: number | null, evidence: Finding['evidence']): Finding {
  const to = rate === null ? '' : `, here to ${inWords(rate / ratio)} or less`;
  return {
    rule: 'beyond-edge',
    level: 'act',
    layer: null,
    text: `The sharpness is ${inWords(ratio)} times what the optimizer's steps can follow: they overshoot along the sharpest direction.`,
    evidence,
    certainty: CERTAINTY,
    tryThis: `Divide the learning rate by that number${to}, warm it up, or add EdgeOfStabilityGuard.`,
  };
}

function near(ratio: number, evidence: Finding['evidence']): Finding {
  return {
    rule: 'at-edge',
    level: 'note',
    layer: null,
    text: `The sharpness is ${inWords(ratio)} times the optimizer's threshold: training is at the edge of stability, where it often stays.`,
    evidence,
    certainty: CERTAINTY,
    tryThis: '',
  };
}

function farBelow(history: History, ratio: number, rate: number | null, evidence: Finding['evidence']): Finding {
  const isStuck = !isStillLearning(history);
  const to = rate === null ? '' : ` from ${inWords(rate)}`;
  return {
    rule: 'far-below-edge',
    level: isStuck ? 'look' : 'note',
    layer: null,
    text: `The sharpness is ${inWords(ratio)} times the optimizer's threshold: curvature would allow much larger steps${isStuck ? ', and the loss does not fall' : ''}.`,
    evidence,
    certainty: CERTAINTY,
    tryThis: `Raise the learning rate${to} by a factor of three at a time, as long as the loss falls.`,
  };
}
