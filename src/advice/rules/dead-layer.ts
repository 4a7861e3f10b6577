import type {Rule} from '../history.js';

/** A layer whose block of the Hessian is exactly zero does not learn: its units are off on the whole batch, or nothing follows from them. */
export const deadLayer: Rule = ({samples}) => {
  const newest = samples.at(-1)!;
  const dead = newest.layers.filter(isZero).map(({name}) => name);
  // Layers before a dead one get no gradient either: the last of them is the cause.
  const name = dead.pop();
  if (name === undefined || isZero(newest.full)) return [];
  const since = samples.findLastIndex(({layers}) => !layers.some(layer => layer.name === name && isZero(layer))) + 1;
  const others = dead.length === 0 ? '' : ` So are those of ${dead.join(', ')}: no gradient gets through to them.`;
  return [
    {
      rule: 'dead-layer',
      level: 'act',
      layer: name,
      text: `${name} does not learn: all eigenvalues of its block are zero since step ${samples[since]!.step}, so its weights have no effect on the loss.${others}`,
      evidence: {zeroSamples: samples.length - since, sinceStep: samples[since]!.step, zeroLayers: dead.length + 1},
      certainty: `Exact, in ${samples.length - since === 1 ? 'the newest sample' : `each of the newest ${samples.length - since} samples`}.`,
      tryThis:
        'Look at its activations. If its relus are off for all inputs, a learning rate was too large or a bias is too negative: ' +
        'initialize it again and train with a smaller rate, or use leakyReLU.',
    },
  ];
};

function isZero({frobenius, largest}: {frobenius: {value: number}; largest: readonly {value: number}[]}): boolean {
  return frobenius.value === 0 && largest.every(({value}) => value === 0);
}
