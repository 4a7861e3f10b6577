import {describe, expect, it} from 'vitest';
import {frobeniusNorm} from '../../src/estimators/frobenius.js';
import {coverage, diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

describe('frobeniusNorm', () => {
  it.each(['outliers', 'uniform', 'slowDecay'] as const)(
    'of "%s" has 95-percent intervals that hold the truth for 90 to 99 percent of 200 seeds',
    async name => {
      const values = SPECTRA[name](60);
      await using(withSpectrum(values), async op => {
        const share = await coverage(Math.hypot(...values), 200, seed => frobeniusNorm(op, {probes: 16, seed}));
        expect(share).toBeGreaterThanOrEqual(0.9);
        expect(share).toBeLessThanOrEqual(0.99);
      });
    },
  );

  it('is exact for a diagonal operator, with a small error if eight probes agree', async () => {
    const values = Array.from({length: 300}, (_, i) => Math.sin(i));
    await using(diagonalOperator(values), async op => {
      const {value, standardError} = await frobeniusNorm(op, {probes: 8});
      expect(value).toBeCloseTo(Math.hypot(...values), 4);
      expect(standardError!).toBeLessThan(1e-5);
    });
  });

  it('computes all columns if it may take as many products as there are dimensions', async () => {
    await using(withSpectrum([3, -4]), async op => {
      expect(await frobeniusNorm(op)).toEqual({value: expect.closeTo(5, 5) as number, standardError: 0, probes: 2});
    });
  });

  it('is zero for the zero operator, and has no error with one probe', async () => {
    await using(diagonalOperator(new Array<number>(20).fill(0)), async op => {
      expect(await frobeniusNorm(op, {probes: 4})).toEqual({value: 0, standardError: 0, probes: 4});
      expect((await frobeniusNorm(op, {probes: 1})).standardError).toBeNull();
    });
  });
});
