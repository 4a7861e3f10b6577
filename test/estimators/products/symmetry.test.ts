import {Matrix} from 'ml-matrix';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {NotAHessianError} from '../../../src/errors.js';
import {eigenvalues} from '../../../src/estimators/eigenvalues.js';
import {layerwiseSpectra} from '../../../src/estimators/layerwise-spectra.js';
import {spectralDensity} from '../../../src/estimators/spectral-density.js';
import {spectrum} from '../../../src/estimators/spectrum.js';
import {trace} from '../../../src/estimators/trace.js';
import type {MatvecOperator} from '../../../src/operators/linear-operator.js';
import {probeVector} from '../../../src/random.js';
import {onWarning} from '../../../src/warnings.js';
import {
  blockNetwork,
  denseOperator,
  diagonalOperator,
  onCpuWithoutLeaks,
  SPECTRA,
  using,
  withSpectrum,
} from '../synthetic.js';

onCpuWithoutLeaks();

let warnings: string[] = [];
let stop = () => {};
beforeEach(() => {
  warnings = [];
  stop = onWarning(({code}) => warnings.push(code));
});
afterEach(() => stop());

const estimators: [string, (op: MatvecOperator) => Promise<unknown>][] = [
  ['spectrum', op => spectrum(op, {steps: 20, probes: 2})],
  ['spectrum of all columns', op => spectrum(op, {steps: 200})],
  ['spectralDensity', op => spectralDensity(op, {steps: 20, probes: 2})],
  ['eigenvalues', op => eigenvalues(op)],
  ['several eigenvalues', op => eigenvalues(op, {k: 3})],
  ['all eigenvalues', op => eigenvalues(op, {k: 60})],
  ['trace', op => trace(op, {probes: 8})],
];

/** A symmetric matrix with outliers, and an antisymmetric one of the given part of its size. */
function skewed(part: number) {
  const n = 120;
  const symmetric = withSpectrum(SPECTRA.outliers(n));
  const noise = Matrix.from1DArray(n, n, [...probeVector(7, 1, n * n, 'gaussian')]);
  const skew = noise.clone().sub(noise.transpose());
  const scale = (part * symmetric.matrix.norm()) / skew.norm();
  symmetric.dispose();
  return denseOperator(symmetric.matrix.clone().add(skew.mul(scale)));
}

describe.each(estimators)('%s', (_, estimate) => {
  it('refuses an operator that is not symmetric', async () => {
    await using(skewed(1), async op => {
      await expect(estimate(op)).rejects.toThrow(NotAHessianError);
      await expect(estimate(op)).rejects.toThrow(/not symmetric/);
    });
  });

  it('warns if products are as unsymmetric as bad rounding can make them', async () => {
    await using(skewed(0.02), async op => {
      await estimate(op);
      expect(new Set(warnings)).toEqual(new Set(['rounding']));
    });
  });

  it('does not warn for symmetric operators', async () => {
    for (const values of Object.values(SPECTRA)) {
      await using(withSpectrum(values(120)), estimate);
    }
    expect(warnings).toEqual([]);
  });

  it('warns once where every product is zero', async () => {
    await using(diagonalOperator(new Array<number>(120).fill(0)), estimate);
    expect(warnings).toEqual(['zero-curvature']);
  });
});

it('layerwiseSpectra does not warn for one layer without curvature, and warns once for a network without', async () => {
  const live = Matrix.diag([3, 2, 1, 0.5]);
  const dead = Matrix.zeros(5, 5);
  for (const [first, expected] of [
    [live, []],
    [Matrix.zeros(4, 4), ['zero-curvature']],
  ] as const) {
    warnings = [];
    await using(
      blockNetwork([
        {name: 'a', matrix: first},
        {name: 'b', matrix: dead},
      ]),
      network => layerwiseSpectra(network, {steps: 3, probes: 2}),
    );
    expect(warnings).toEqual(expected);
  }
});
