import {estimateInWords, median, percent, type Rule} from '../history.js';

/** A trace with a larger standard error, relative to its value, says little. */
export const NOISY = 0.5;

/** The traces are too noisy to say something. */
export const noisySamples: Rule = ({samples}) => {
  const errors = samples.flatMap(({full: {trace}}) =>
    trace.standardError === null ? [] : [trace.standardError / Math.abs(trace.value)],
  );
  const relative = errors.length === 0 ? Number.NaN : median(errors);
  if (!(relative > NOISY) || !Number.isFinite(relative)) return [];
  const {full, step} = samples.at(-1)!;
  return [
    {
      rule: 'noisy-samples',
      level: 'look',
      layer: null,
      text: `The trace is hardly known: its standard error is ${percent(relative)} of its value${errors.length === 1 ? '' : ' in the median sample'}, at step ${step} it is ${estimateInWords(full.trace)}.`,
      evidence: {relativeError: relative, probes: full.trace.probes},
      certainty: `${errors.length === 1 ? 'One sample' : `The median of ${errors.length} samples`}; the error of an error from few probes is large itself.`,
      tryThis:
        'Set traceProbes four times as high for half the error. If eigenvalues of both signs cancel, the trace stays noisy: look at the Frobenius norm instead.',
    },
  ];
};
