import {describe, expect, it} from 'vitest';
import {checkpointFindings} from '../../src/advice/checkpoint-findings.js';
import type {LayerwiseSpectra} from '../../src/metrics/records.js';
import {makeSample} from '../sinks/make-sample.js';

/** The spectra of layers of equal size with these traces and errors. */
function spectraOf(traces: readonly (readonly [value: number, standardError: number | null])[]): LayerwiseSpectra {
  const {full, layers} = makeSample(1, {layers: traces.map((_, i) => `dense_${i + 1}`)});
  const blocks = layers.map((layer, i) => {
    const [value, standardError] = traces[i]!;
    return {...layer, parameters: 10, trace: {value, standardError, probes: 16}};
  });
  return {full, layers: blocks};
}

const withTrace = (value: number, standardError: number | null): LayerwiseSpectra => {
  const {full, layers} = makeSample(1);
  return {full: {...full, trace: {value, standardError, probes: 16}}, layers};
};

describe('checkpointFindings', () => {
  it('names the layer that has nearly all of the trace, without a step', () => {
    expect(
      checkpointFindings(
        spectraOf([
          [1, 0.1],
          [98, 0.1],
          [1, 0.1],
        ]),
      ),
    ).toEqual([
      expect.objectContaining({
        rule: 'trace-owner',
        layer: 'dense_2',
        text: 'dense_2 has 98 % of the trace, with 33 % of the parameters.',
        certainty: 'At 95 % confidence it has at least 98 %.',
      }),
    ]);
  });

  it('says nothing of a layer whose share is not certain, or is smaller', () => {
    expect(
      checkpointFindings(
        spectraOf([
          [1, 0.1],
          [98, 60],
          [1, 9],
        ]),
      ),
    ).toEqual([]);
    expect(
      checkpointFindings(
        spectraOf([
          [10, 0.1],
          [80, 0.1],
          [10, 0.1],
        ]),
      ),
    ).toEqual([]);
  });

  it('says that a trace is hardly known if its error is over half of its value', () => {
    expect(checkpointFindings(withTrace(-10, 6))).toEqual([
      expect.objectContaining({
        rule: 'noisy-samples',
        text: 'The trace is hardly known: its standard error is 60 % of its value, -10 ± 6.',
        tryThis: expect.stringContaining('Frobenius norm'),
      }),
    ]);
    expect(checkpointFindings(withTrace(-10, 4))).toEqual([]);
    expect(checkpointFindings(withTrace(-10, null))).toEqual([]);
    expect(checkpointFindings(withTrace(0, 0))).toEqual([]);
  });
});
