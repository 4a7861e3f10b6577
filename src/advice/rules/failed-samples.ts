import type {Rule} from '../history.js';

/** Samples that failed: nothing is known of these moments. */
export const failedSamples: Rule = ({count, context: {failures = 0}}) => {
  if (failures === 0) return [];
  const all = count + failures;
  return [
    {
      rule: 'failed-samples',
      level: failures * 2 >= all ? 'act' : 'look',
      layer: null,
      text: `${failures} of ${all} samples failed: nothing is known of these moments.`,
      evidence: {failures, samples: count},
      certainty: 'Counted.',
      tryThis:
        "Subscribe to the callback's failures$ and read the first error. A loss that is not finite is the most frequent: lower the learning rate.",
    },
  ];
};
