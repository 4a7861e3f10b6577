import type {LayerwiseSpectra} from '../metrics/records.js';
import type {Finding} from './finding.js';
import {estimateInWords, percent} from './history.js';
import {NOISY} from './rules/noisy-samples.js';
import {traceOwners} from './rules/trace-owner.js';

/**
 * What the spectra of one checkpoint say: the findings that need neither a training nor its optimizer. That a curvature is exactly zero
 * is not among them; a report says it with the likely reasons.
 */
export function checkpointFindings({full, layers}: LayerwiseSpectra): Finding[] {
  return [...noisyTrace(full), ...traceOwners(layers, {at: '', where: ''})];
}

function noisyTrace({trace}: LayerwiseSpectra['full']): Finding[] {
  const relative = (trace.standardError ?? Number.NaN) / Math.abs(trace.value);
  if (!(relative > NOISY) || !Number.isFinite(relative)) return [];
  return [
    {
      rule: 'noisy-samples',
      level: 'look',
      layer: null,
      text: `The trace is hardly known: its standard error is ${percent(relative)} of its value, ${estimateInWords(trace)}.`,
      evidence: {relativeError: relative, probes: trace.probes},
      certainty: 'The error of an error from few probes is large itself.',
      tryThis:
        'If eigenvalues of both signs cancel, the trace stays noisy: look at the Frobenius norm instead. Otherwise call ' +
        'layerwiseSpectra() with four times as many traceProbes for half the error.',
    },
  ];
}
