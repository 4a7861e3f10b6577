import {describe, expect, it} from 'vitest';
import {powerLawExponent} from '../../src/metrics/power-law-exponent.js';
import type {DensityRecord} from '../../src/metrics/records.js';

const PARAMETERS = 1000;

/** Two probes that have resolved some eigenvalues, and two nodes for the rest. */
function resolved(eigenvalues: readonly number[]): DensityRecord {
  const rest = (1 - eigenvalues.length / PARAMETERS) / 2;
  const row = [-0.001, 0.0005, ...eigenvalues];
  const weights = [rest, rest, ...eigenvalues.map(() => 1 / PARAMETERS)];
  return {nodes: [row, row], weights: [weights, weights]};
}

describe('powerLawExponent', () => {
  it('is 2 for the eigenvalues 1/i, whose density is proportional to λ^−2', () => {
    const {value, standardError} = powerLawExponent(
      resolved(Array.from({length: 40}, (_, i) => 1 / (i + 1))),
      PARAMETERS,
    );
    expect(Math.abs(value - 2)).toBeLessThan(1.96 * standardError!);
  });

  it('is NaN for a few outliers above a bulk, which are no power law', () => {
    expect(powerLawExponent(resolved(Array.from({length: 10}, (_, i) => 10 - 0.7 * i)), PARAMETERS).value).toBeNaN();
    expect(powerLawExponent(resolved(Array.from({length: 40}, (_, i) => 10 - 0.2 * i)), PARAMETERS).value).toBeNaN();
  });

  it('is NaN where fewer than ten eigenvalues are resolved', () => {
    expect(powerLawExponent(resolved(Array.from({length: 9}, (_, i) => 1 / (i + 1))), PARAMETERS).value).toBeNaN();
  });

  it('ignores nodes that stand for many eigenvalues, and those below them', () => {
    const density = resolved(Array.from({length: 40}, (_, i) => 1 / (i + 1)));
    const [row, weights] = [density.nodes[0]!, [...density.weights[0]!]];
    // The ninth eigenvalue from above is not resolved.
    weights[row.indexOf(1 / 9)] = 0.2;
    expect(powerLawExponent({nodes: [row, row], weights: [weights, weights]}, PARAMETERS).value).toBeNaN();
  });
});
