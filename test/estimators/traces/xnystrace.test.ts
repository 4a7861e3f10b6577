import {Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {trace} from '../../../src/estimators/trace.js';
import {
  coverage,
  denseOperator,
  diagonalOperator,
  onCpuWithoutLeaks,
  SPECTRA,
  sum,
  using,
  withSpectrum,
} from '../synthetic.js';

onCpuWithoutLeaks();

const SIZE = 60;
const args = {method: 'xnystrace'} as const;

const SEMIDEFINITE = {
  decaying: SPECTRA.slowDecay(SIZE),
  flat: Array.from({length: SIZE}, (_, i) => 1 + (i % 3)),
  'of low rank': Array.from({length: SIZE}, (_, i) => (i < 30 ? 1 + i / 30 : 0)),
};

describe('trace by xnystrace', () => {
  it.each(Object.entries(SEMIDEFINITE))(
    'has 95-percent intervals that hold the truth for 90 percent of 100 seeds or more: %s',
    async (_, values) => {
      await using(withSpectrum(values), async op => {
        for (const probes of [3, 8, 24]) {
          // 95 % nominal; 100 seeds scatter by 2.2 %.
          expect(await coverage(sum(values), 100, seed => trace(op, {...args, probes, seed}))).toBeGreaterThanOrEqual(
            0.9,
          );
        }
      });
    },
  );

  it('has no bias', async () => {
    const values = SPECTRA.slowDecay(SIZE);
    await using(withSpectrum(values), async op => {
      const errors: number[] = [];
      for (let seed = 1; seed <= 200; seed++) {
        errors.push((await trace(op, {...args, probes: 6, seed})).value - sum(values));
      }
      const mean = sum(errors) / 200;
      const deviation = Math.sqrt(sum(errors.map(x => (x - mean) ** 2)) / 199);
      expect(Math.abs(mean)).toBeLessThan((3 * deviation) / Math.sqrt(200));
    });
  });

  it.each(['slowDecay', 'exponential'] as const)('errs less than XTrace with as many products: %s', async name => {
    const values = SPECTRA[name](SIZE);
    await using(withSpectrum(values), async op => {
      const squaredError = async (method: 'xtrace' | 'xnystrace'): Promise<number> => {
        let squares = 0;
        for (let seed = 1; seed <= 60; seed++) {
          squares += ((await trace(op, {probes: 16, method, seed})).value - sum(values)) ** 2;
        }
        return squares;
      };
      expect(await squaredError('xnystrace')).toBeLessThan(0.8 * (await squaredError('xtrace')));
    });
  });

  it('agrees with the formula of the paper, computed in float64 from the matrix', async () => {
    const values = SPECTRA.slowDecay(12);
    await using(withSpectrum(values), async op => {
      // With all vectors but one, the paper's estimate for the last is exact: tr A_i + 1 · qᵀ (A − A_i) q is tr A.
      const {value} = await trace(op, {...args, probes: 11});
      expect(Math.abs(value - sum(values))).toBeLessThan(0.1);
    });
  });

  it('takes as many products as it is given', async () => {
    await using(withSpectrum(SPECTRA.slowDecay(SIZE)), async op => {
      const {probes} = await trace(op, {...args, probes: 21});
      expect(op.products).toBe(21);
      expect(probes).toBe(21);
    });
  });

  it('meets a tolerance with no more products than there are dimensions', async () => {
    const values = SPECTRA.slowDecay(SIZE);
    await using(withSpectrum(values), async op => {
      const {value, standardError, probes} = await trace(op, {...args, tolerance: 0.02});
      expect(standardError!).toBeLessThanOrEqual(0.02 * value);
      expect(op.products).toBe(probes);
      expect(Math.abs(value - sum(values))).toBeLessThan(4 * standardError!);
    });
    await using(withSpectrum(values), async op => {
      const {value, standardError} = await trace(op, {...args, tolerance: 1e-9});
      expect(op.products).toBe(SIZE);
      expect(standardError).toBe(0);
      // float32 products
      expect(value).toBeCloseTo(sum(values), 4);
    });
  });

  it('is exact if there are more vectors than dimensions in the range', async () => {
    await using(withSpectrum([5, 3, 2, ...new Array<number>(97).fill(0)]), async op => {
      const {value, standardError} = await trace(op, {...args, probes: 10});
      // The rounding of float32 is added to A and subtracted again: 4e-6 of the value.
      expect(Math.abs(value - 10)).toBeLessThan(4e-5);
      expect(standardError!).toBeLessThan(4e-5);
    });
  });

  it('has no standard error with one vector, and none is needed for the zero operator', async () => {
    await using(withSpectrum(SPECTRA.slowDecay(SIZE)), async op => {
      expect((await trace(op, {...args, probes: 1})).standardError).toBeNull();
    });
    await using(diagonalOperator(new Array<number>(50).fill(0)), async op => {
      expect(await trace(op, args)).toMatchObject({value: 0, standardError: 0});
    });
  });

  it.each([1e-25, 1e25])('keeps its digits for an operator of the order of %s', async scale => {
    const values = SPECTRA.fastDecay(SIZE);
    const a = await using(withSpectrum(values), op => trace(op, args));
    const b = await using(withSpectrum(values.map(x => x * scale)), op => trace(op, args));
    expect(b.value / scale).toBeCloseTo(a.value, 4);
    expect(b.standardError! / scale).toBeCloseTo(a.standardError!, 4);
  });

  it('refuses an operator with a negative Ritz value, with the value and the way out', async () => {
    await using(withSpectrum(SPECTRA.outliers(SIZE)), async op => {
      await expect(trace(op, args)).rejects.toThrowError(
        /^The operator has an eigenvalue of -0\.\d+ or less; method 'xnystrace' needs a positive semidefinite one.*gaussNewton.*'xtrace'/,
      );
    });
    await using(diagonalOperator(new Array<number>(50).fill(-1e20)), async op => {
      await expect(trace(op, args)).rejects.toThrowError(/^The operator has an eigenvalue of -1\.0e\+20 or less/);
    });
  });

  it('refuses an operator that is not symmetric', async () => {
    const matrix = Matrix.eye(SIZE);
    matrix.set(0, 1, 40);
    await using(denseOperator(matrix), async op => {
      await expect(trace(op, args)).rejects.toThrowError(/^The operator is not symmetric/);
    });
  });
});
