import {direction, median, percent, type Rule} from '../history.js';

/** Samples differ by so many times their standard errors, and by this share of their values. */
const TIMES = 10;
const SHARE = 0.2;
const LEAST = 6;

/** The trace jumps from sample to sample by much more than its error, up and down: each sample is of another batch. */
export const changingBatch: Rule = ({samples}) => {
  if (samples.length < LEAST) return [];
  const traces = samples.map(({full}) => full.trace);
  const jumps = traces.slice(1).map(({value, standardError}, i) => {
    const before = traces[i]!;
    return {
      by: value - before.value,
      error: Math.hypot(standardError ?? Number.NaN, before.standardError ?? Number.NaN),
    };
  });
  const turns = jumps.slice(1).filter(({by}, i) => Math.sign(by) !== Math.sign(jumps[i]!.by)).length;
  const ratio = median(jumps.map(({by, error}) => Math.abs(by) / error));
  const share = median(jumps.map(({by}, i) => Math.abs(by / traces[i]!.value)));
  // A sequence at random turns two times of three.
  const isRandom = turns >= 0.5 * (jumps.length - 1) && direction(traces.map(({value}) => value)) === 'none';
  if (!isRandom || !(ratio > TIMES) || !(share > SHARE)) return [];
  return [
    {
      rule: 'changing-batch',
      level: 'look',
      layer: null,
      text: `The trace jumps up and down by ${percent(share)} from sample to sample between steps ${samples[0]!.step} and ${samples.at(-1)!.step}, far beyond its error bars: the batches of the samples differ more than the network changes between them.`,
      evidence: {jump: share, turns, samples: samples.length},
      certainty: `The median of ${jumps.length} jumps is ${ratio === Number.POSITIVE_INFINITY ? 'beyond an error of zero' : `${Math.round(ratio)} times its standard error`}; ${turns} of ${jumps.length - 1} times it turns.`,
      tryThis:
        'Give the callback a fixed batch, {batch: {x, y}}, or a larger one: then only the network changes between samples.',
    },
  ];
};
