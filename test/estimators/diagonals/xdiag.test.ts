import {describe, expect, it} from 'vitest';
import {diagonal} from '../../../src/estimators/diagonal.js';
import type {MatvecOperator} from '../../../src/operators/linear-operator.js';
import {diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from '../synthetic.js';

onCpuWithoutLeaks();

const SIZE = 60;

async function read(op: MatvecOperator, args: {probes?: number; seed?: number; method?: 'xdiag' | 'hutchinson'}) {
  const {value, standardError, probes} = await diagonal(op, {method: 'xdiag', ...args});
  const numbers = {value: [...(await value.data())], error: [...(await standardError.data())], probes};
  value.dispose();
  standardError.dispose();
  return numbers;
}

describe('diagonal by xdiag', () => {
  it.each(['outliers', 'slowDecay', 'exponential'] as const)(
    'has 95-percent intervals that hold 93 percent of entries and seeds or more: %s',
    async name => {
      await using(withSpectrum(SPECTRA[name](SIZE)), async op => {
        for (const probes of [4, 6, 16]) {
          let covered = 0;
          for (let seed = 1; seed <= 20; seed++) {
            const {value, error} = await read(op, {probes, seed});
            covered += value.filter((x, i) => Math.abs(x - op.matrix.get(i, i)) <= 1.96 * error[i]!).length;
          }
          // The entries of one seed are dependent.
          expect(covered / (20 * SIZE)).toBeGreaterThanOrEqual(0.93);
        }
      });
    },
  );

  it.each(['fastDecay', 'exponential'] as const)(
    "errs by less than a third of Hutchinson's method where the spectrum decays: %s",
    async name => {
      await using(withSpectrum(SPECTRA[name](SIZE)), async op => {
        const errorOf = async (method: 'xdiag' | 'hutchinson'): Promise<number> => {
          let squares = 0;
          for (let seed = 1; seed <= 10; seed++) {
            const {value} = await read(op, {probes: 20, seed, method});
            squares += value.reduce((sum, x, i) => sum + (x - op.matrix.get(i, i)) ** 2, 0);
          }
          return Math.sqrt(squares);
        };
        expect(await errorOf('xdiag')).toBeLessThan((await errorOf('hutchinson')) / 3);
      });
    },
  );

  it('has no bias', async () => {
    await using(withSpectrum(SPECTRA.slowDecay(20)), async op => {
      const seeds = 300;
      const sums = new Array<number>(20).fill(0);
      const squares = new Array<number>(20).fill(0);
      for (let seed = 1; seed <= seeds; seed++) {
        (await read(op, {probes: 6, seed})).value.forEach((x, i) => {
          const error = x - op.matrix.get(i, i);
          sums[i]! += error;
          squares[i]! += error * error;
        });
      }
      // The mean error in units of its own standard error: below 3.5 for each of 20 entries.
      sums.forEach((sum, i) => {
        expect(Math.abs(sum) / Math.sqrt(squares[i]!)).toBeLessThan(3.5);
      });
    });
  });

  it('is exact if the sketch holds the whole range', async () => {
    await using(withSpectrum([5, -3, 2, ...new Array<number>(57).fill(0)]), async op => {
      const {value, error} = await read(op, {probes: 10});
      value.forEach((x, i) => {
        expect(x).toBeCloseTo(op.matrix.get(i, i), 5);
      });
      expect(Math.max(...error)).toBeLessThan(1e-5);
    });
  });

  it('takes an even number of products, and has no error for one vector', async () => {
    await using(withSpectrum(SPECTRA.slowDecay(SIZE)), async op => {
      expect((await read(op, {probes: 9})).probes).toBe(8);
      expect(op.products).toBe(8);
      expect((await read(op, {probes: 2})).error.every(Number.isNaN)).toBe(true);
    });
  });

  it('is 0 with an error of 0 for the zero operator', async () => {
    await using(diagonalOperator(new Array<number>(50).fill(0)), async op => {
      const {value, error} = await read(op, {});
      expect(value.every(x => x === 0)).toBe(true);
      expect(error.every(x => x === 0)).toBe(true);
    });
  });

  it.each([1e-25, 1e25])('keeps its digits for an operator of the order of %s', async scale => {
    const values = SPECTRA.fastDecay(SIZE);
    const a = await using(withSpectrum(values), op => read(op, {}));
    const b = await using(withSpectrum(values.map(x => x * scale)), op => read(op, {}));
    b.value.forEach((x, i) => {
      expect(x / scale).toBeCloseTo(a.value[i]!, 4);
      expect(b.error[i]! / scale).toBeCloseTo(a.error[i]!, 4);
    });
  });
});
