import {Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {checkArgs} from '../../src/callbacks/callback-args.js';
import {coupling} from '../../src/estimators/coupling.js';
import {diagonal, diagonalSquares} from '../../src/estimators/diagonal.js';
import {eigenvalues} from '../../src/estimators/eigenvalues.js';
import {frobeniusNorm} from '../../src/estimators/frobenius.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {spectrum} from '../../src/estimators/spectrum.js';
import {trace} from '../../src/estimators/trace.js';
import {
  blockNetwork,
  onCpuWithoutLeaks,
  randomOrthogonal,
  SPECTRA,
  type Synthetic,
  using,
  withSpectrum,
} from './synthetic.js';

onCpuWithoutLeaks();

const SIZE = 200;

/** What each estimator may cost with its defaults. */
const MOST: Readonly<Record<string, {readonly run: (op: Synthetic) => Promise<unknown>; readonly products: number}>> = {
  trace: {run: op => trace(op), products: 16},
  'trace by XTrace': {run: op => trace(op, {method: 'xtrace'}), products: 16},
  frobeniusNorm: {run: op => frobeniusNorm(op), products: 16},
  diagonalSquares: {run: op => diagonalSquares(op), products: 16},
  spectrum: {run: op => spectrum(op), products: 120},
  spectralDensity: {run: op => spectralDensity(op), products: 120},
  'eigenvalues of a spectrum with outliers': {run: op => eigenvalues(op), products: 30},
};

describe('with its defaults', () => {
  it.each(Object.entries(MOST))('%s takes no more products than it may', async (_, {run, products}) => {
    for (const name of ['outliers', 'uniform', 'slowDecay'] as const) {
      if (products === 30 && name !== 'outliers') continue;
      await using(withSpectrum(SPECTRA[name](SIZE)), async op => {
        await run(op);
        expect(op.products).toBeLessThanOrEqual(products);
        expect(op.products).toBeGreaterThan(0);
      });
    }
  });

  it('diagonal takes 16', async () => {
    await using(withSpectrum(SPECTRA.outliers(SIZE)), async op => {
      const {value, standardError} = await diagonal(op);
      value.dispose();
      standardError.dispose();
      expect(op.products).toBe(16);
    });
  });

  it('coupling takes 8 a layer, and layerwiseSpectra at most 120 for the network and for each block', async () => {
    const block = (seed: number): Matrix => {
      const Q = randomOrthogonal(SIZE, seed);
      return Q.mmul(Matrix.diag(SPECTRA.outliers(SIZE))).mmul(Q.transpose());
    };
    await using(blockNetwork([1, 2].map(seed => ({name: `dense_${seed}`, matrix: block(seed)}))), async network => {
      await coupling(network);
      expect(network.products).toBe(2 * 8);
      await layerwiseSpectra(network);
      expect(network.products - 16).toBeLessThanOrEqual(3 * 120);
    });
  });

  it('the callback takes 40 for each block, and at most a quarter more for the error of the trace', async () => {
    const {steps, probes, traceProbes, k} = checkArgs(undefined);
    for (const name of ['outliers', 'uniform', 'slowDecay'] as const) {
      await using(withSpectrum(SPECTRA[name](SIZE)), async op => {
        const {trace: found} = await spectrum(op, {steps, probes, traceProbes, k});
        expect(op.products).toBeGreaterThanOrEqual(40);
        expect(op.products).toBeLessThanOrEqual(50);
        expect(found.standardError).not.toBeNull();
      });
    }
  });
});
