import {estimateInWords, inWords, isStillLearning, type Rule} from '../history.js';

/** The loss stays at that of a guess. */
export const stuckAtChance: Rule = history => {
  const {samples, context} = history;
  const {classes, penalized = false} = context;
  if (classes === undefined || samples.length < 3) return [];
  const chance = Math.log(classes);
  const latest = samples.slice(-3);
  if (!latest.every(({loss}) => Math.abs(loss - chance) < 0.05 * chance) || isStillLearning(history)) return [];
  const [first, last] = [samples[0]!.full.trace, samples.at(-1)!.full.trace];
  const isFlattened = penalized && last.value < 0.1 * first.value;
  return [
    {
      rule: isFlattened ? 'penalty-too-strong' : 'stuck-at-chance',
      level: 'act',
      layer: null,
      text: isFlattened
        ? `The penalty has taken the trace from ${estimateInWords(first)} to ${estimateInWords(last)} by step ${samples.at(-1)!.step}, and the loss is that of a guess, ${inWords(chance)}.`
        : `The loss stays at ${inWords(latest.at(-1)!.loss)} up to step ${samples.at(-1)!.step}, which is that of a guess among ${classes} classes.`,
      evidence: {loss: latest.at(-1)!.loss, chance, firstTrace: first.value, lastTrace: last.value},
      certainty: `Each of the newest three samples is within 5 % of ${inWords(chance)}, and the loss does not fall.`,
      tryThis: isFlattened
        ? 'Divide the strength by 100, or take that of suggestStrength().'
        : 'Look whether labels fit their inputs, then at the learning rate.',
    },
  ];
};
