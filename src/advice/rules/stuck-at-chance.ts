import {isStillLearning, type Rule, short} from '../history.js';

/** The loss stays at that of a guess. */
export const stuckAtChance: Rule = history => {
  const {samples, context} = history;
  const {classes, penalized = false} = context;
  if (classes === undefined || samples.length < 3) return [];
  const chance = Math.log(classes);
  const latest = samples.slice(-3);
  if (!latest.every(({loss}) => Math.abs(loss - chance) < 0.05 * chance) || isStillLearning(history)) return [];
  const [first, last] = [samples[0]!.full.trace.value, samples.at(-1)!.full.trace.value];
  const isFlattened = penalized && last < 0.1 * first;
  return [
    {
      rule: isFlattened ? 'penalty-too-strong' : 'stuck-at-chance',
      level: 'act',
      layer: null,
      text: isFlattened
        ? `The penalty has taken the trace from ${short(first)} to ${short(last)}, and the loss is that of a guess, ${short(chance)}.`
        : `The loss stays at ${short(latest.at(-1)!.loss)}, which is that of a guess among ${classes} classes.`,
      evidence: {loss: latest.at(-1)!.loss, chance, firstTrace: first, lastTrace: last},
      tryThis: isFlattened
        ? 'Divide the strength by 100, or take that of suggestStrength().'
        : 'Look whether labels fit their inputs, then at the learning rate.',
    },
  ];
};
