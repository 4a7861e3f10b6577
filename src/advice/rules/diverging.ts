import {direction, type Rule, short} from '../history.js';

/** A loss that ends well above where it has been. */
const GROWN = 2;

/** The loss rises instead of falling: by itself, or since a penalty is minimized in its place. */
export const diverging: Rule = ({samples, context: {penalized = false}}) => {
  const losses = samples.map(({loss}) => loss);
  const [first, last] = [losses[0]!, losses.at(-1)!];
  const rises = direction(losses) === 'rises' && last > 1.2 * first;
  if (!rises && !(losses.length >= 3 && last > GROWN * first)) return [];
  const evidence = {first, last, steps: samples.at(-1)!.step - samples[0]!.step};
  if (penalized) {
    return [
      {
        rule: 'penalty-too-strong',
        level: 'act',
        layer: null,
        text: `The loss has risen from ${short(first)} to ${short(last)} while a penalty is minimized with it.`,
        evidence,
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
      text: `The loss has risen from ${short(first)} to ${short(last)}.`,
      evidence,
      tryThis:
        'Lower the learning rate by a factor of ten, and see whether the loss falls; then raise it step by step.',
    },
  ];
};
