import {describe, expect, it} from 'vitest';
import {diagonal, diagonalSquares} from '../../src/estimators/diagonal.js';
import type {MatvecOperator} from '../../src/operators/linear-operator.js';
import {coverage, diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

async function read(op: MatvecOperator, args: {probes?: number; seed?: number}) {
  const {value, standardError, probes} = await diagonal(op, args);
  const numbers = {value: [...(await value.data())], error: [...(await standardError.data())], probes};
  value.dispose();
  standardError.dispose();
  return numbers;
}

describe('diagonal', () => {
  it('has 95-percent intervals that hold the truth for 90 to 99 percent of entries and seeds', async () => {
    await using(withSpectrum(SPECTRA.outliers(60)), async op => {
      for (const probes of [3, 16]) {
        let covered = 0;
        for (let seed = 1; seed <= 20; seed++) {
          const {value, error} = await read(op, {probes, seed});
          covered += value.filter((x, i) => Math.abs(x - op.matrix.get(i, i)) <= 1.96 * error[i]!).length;
        }
        expect(covered / 1200).toBeGreaterThanOrEqual(0.9);
        expect(covered / 1200).toBeLessThanOrEqual(0.99);
      }
    });
  });

  it('is exact for a diagonal operator, with an error of 0', async () => {
    const values = Array.from({length: 500}, (_, i) => Math.sin(i));
    await using(diagonalOperator(values), async op => {
      const {value, error} = await read(op, {probes: 20});
      value.forEach((x, i) => {
        expect(x).toBeCloseTo(values[i]!, 6);
      });
      expect(error.every(x => x === 0)).toBe(true);
    });
  });

  it('computes all columns if it may take as many products as there are dimensions', async () => {
    await using(withSpectrum(SPECTRA.uniform(12)), async op => {
      const {value, error} = await read(op, {});
      value.forEach((x, i) => {
        expect(x).toBeCloseTo(op.matrix.get(i, i), 6);
      });
      expect(error).toEqual(new Array(12).fill(0));
      expect(op.products).toBe(12);
    });
  });

  it('has no error with one probe', async () => {
    await using(withSpectrum(SPECTRA.uniform(20)), async op => {
      expect((await read(op, {probes: 1})).error.every(Number.isNaN)).toBe(true);
    });
  });

  it('gives the same with the same seed', async () => {
    await using(withSpectrum(SPECTRA.uniform(30)), async op => {
      expect(await read(op, {seed: 3})).toEqual(await read(op, {seed: 3}));
    });
  });
});

describe('diagonalSquares', () => {
  it('has no bias, and intervals that hold the truth for 90 to 99 percent of 150 seeds', async () => {
    await using(withSpectrum(SPECTRA.outliers(60)), async op => {
      const truth = op.matrix.diagonal().reduce((sum, x) => sum + x * x, 0);
      const values: number[] = [];
      const share = await coverage(truth, 150, async seed => {
        const estimate = await diagonalSquares(op, {probes: 12, seed});
        values.push(estimate.value);
        return estimate;
      });
      expect(share).toBeGreaterThanOrEqual(0.9);
      const mean = values.reduce((sum, x) => sum + x, 0) / 150;
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 149);
      expect(Math.abs(mean - truth)).toBeLessThan((3 * deviation) / Math.sqrt(150));
      // Squaring the estimated diagonal is biased by far more than that: by ‖A − diag A‖_F² / probes.
      expect((10 ** 2 * 3) / 12).toBeGreaterThan((3 * deviation) / Math.sqrt(150));
    });
  });

  it('is exact if it may take as many products as there are dimensions', async () => {
    await using(withSpectrum(SPECTRA.uniform(12)), async op => {
      const {value, standardError} = await diagonalSquares(op);
      expect(value).toBeCloseTo(
        op.matrix.diagonal().reduce((sum, x) => sum + x * x, 0),
        5,
      );
      expect(standardError).toBe(0);
    });
  });

  it('has no error from one pair of probes', async () => {
    await using(withSpectrum(SPECTRA.uniform(20)), async op => {
      expect((await diagonalSquares(op, {probes: 2})).standardError).toBeNull();
    });
  });
});
