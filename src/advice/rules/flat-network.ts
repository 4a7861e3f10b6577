import {inWords, type Rule} from '../history.js';

/** The whole Hessian is exactly zero. */
export const flatNetwork: Rule = ({samples, context: {penalized = false}}) => {
  const {full, step, loss} = samples.at(-1)!;
  if (full.frobenius.value !== 0) return [];
  return [
    {
      rule: 'flat-network',
      level: 'act',
      layer: null,
      text: `The whole Hessian is zero at step ${step}, so the loss of ${inWords(loss)} does not change with the weights.`,
      evidence: {step, loss},
      certainty: 'Exact: each product with the Hessian was zero.',
      tryThis: penalized
        ? 'The penalty is too strong: divide the strength by 100, or take that of suggestStrength().'
        : 'Look at inputs and labels: pixels of 0 to 255 saturate the first layer, labels that count from 1 are outside of the classes, and an ' +
          'output that is exactly 0 or 1 has no gradient.',
    },
  ];
};
