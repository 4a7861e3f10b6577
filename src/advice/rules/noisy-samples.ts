import {median, percent, type Rule} from '../history.js';

/** A trace with a larger standard error, relative to its value, says little. */
const NOISY = 0.5;

/** The traces are too noisy to say something. */
export const noisySamples: Rule = ({samples}) => {
  const errors = samples.flatMap(({full: {trace}}) =>
    trace.standardError === null ? [] : [trace.standardError / Math.abs(trace.value)],
  );
  const relative = errors.length === 0 ? Number.NaN : median(errors);
  if (!(relative > NOISY)) return [];
  return [
    {
      rule: 'noisy-samples',
      level: 'look',
      layer: null,
      text: `The standard error of the trace is ${percent(relative)} of its value in the median sample: its course says little.`,
      evidence: {relativeError: relative, probes: samples.at(-1)!.full.trace.probes},
      tryThis:
        'Set traceProbes four times as high for half the error. A trace near zero, of eigenvalues of both signs, stays noisy: look at the norm instead.',
    },
  ];
};
