import {describe, expect, it} from 'vitest';
import {type TraceMethod, trace} from '../../src/estimators/trace.js';
import type {Estimate} from '../../src/metrics/records.js';
import {
  coverage,
  diagonalOperator,
  onCpuWithoutLeaks,
  SPECTRA,
  sum,
  using,
  withoutMatmat,
  withSpectrum,
} from './synthetic.js';

onCpuWithoutLeaks();

const METHODS: readonly TraceMethod[] = ['hutchinson', 'hutch++', 'xtrace'];
const SIZE = 60;

describe.each(METHODS)('trace by %s', method => {
  it.each(['outliers', 'uniform', 'fastDecay'] as const)(
    'of spectrum "%s" has 95-percent intervals that hold the truth for 90 to 99 percent of 200 seeds',
    async name => {
      const values = SPECTRA[name](SIZE);
      await using(withSpectrum(values), async op => {
        const share = await coverage(sum(values), 200, seed => trace(op, {probes: 24, method, seed}));
        // 95 % nominal; 200 seeds scatter by 1.5 %.
        expect(share).toBeGreaterThanOrEqual(0.9);
        expect(share).toBeLessThanOrEqual(0.995);
      });
    },
  );

  it('takes as many products as it is given', async () => {
    await using(withSpectrum(SPECTRA.outliers(SIZE)), async op => {
      const {probes} = await trace(op, {probes: 24, method});
      expect(op.products).toBe(24);
      expect(probes).toBe(24);
    });
  });

  it('gives the same with the same seed, and another value with another', async () => {
    await using(withSpectrum(SPECTRA.outliers(SIZE)), async op => {
      const [a, b, c] = [
        await trace(op, {method, seed: 4}),
        await trace(op, {method, seed: 4}),
        await trace(op, {method, seed: 5}),
      ];
      expect(b).toEqual(a);
      expect(c.value).not.toBe(a.value);
    });
  });

  it('gives the same by matvec as by matmat', async () => {
    await using(withSpectrum(SPECTRA.outliers(SIZE)), async op => {
      const [a, b] = [await trace(op, {method, seed: 1}), await trace(withoutMatmat(op), {method, seed: 1})];
      // One float32 product differs from the other in its last digit.
      expect(b.value).toBeCloseTo(a.value, 3);
      expect(b.standardError!).toBeCloseTo(a.standardError!, 3);
    });
  });

  it('meets a tolerance, with an error that covers the true one', async () => {
    const values = SPECTRA.slowDecay(150);
    await using(withSpectrum(values), async op => {
      const {value, standardError, probes} = await trace(op, {method, probes: 12, tolerance: 0.04, seed: 2});
      expect(standardError!).toBeLessThanOrEqual(0.04 * value);
      expect(probes).toBeGreaterThan(12);
      expect(probes).toBe(op.products);
      expect(Math.abs(value - sum(values))).toBeLessThan(4 * standardError!);
    });
  });

  it('stops at maxProbes where the tolerance is out of reach', async () => {
    await using(withSpectrum(SPECTRA.uniform(150)), async op => {
      const {standardError} = await trace(op, {method, probes: 6, tolerance: 1e-9, maxProbes: 40});
      expect(op.products).toBeLessThanOrEqual(40);
      expect(op.products).toBeGreaterThan(36);
      expect(standardError!).toBeGreaterThan(0);
    });
  });

  it('computes the diagonal if it may take as many products as there are dimensions', async () => {
    const values = SPECTRA.outliers(20);
    await using(withSpectrum(values), async op => {
      const {value, standardError} = await trace(op, {method, probes: 30});
      expect(standardError).toBe(0);
      expect(op.products).toBe(20);
      // float32 entries, added in float64
      expect(value).toBeCloseTo(sum(values), 5);
    });
  });

  it.each([1e-25, 1e25])('keeps its digits for an operator of the order of %s', async scale => {
    const values = SPECTRA.fastDecay(SIZE);
    const [plain, scaled] = [withSpectrum(values), withSpectrum(values.map(x => x * scale))];
    const a = await using(plain, op => trace(op, {method, probes: 24}));
    const b = await using(scaled, op => trace(op, {method, probes: 24}));
    expect(b.value / scale).toBeCloseTo(a.value, 4);
    expect(b.standardError! / scale).toBeCloseTo(a.standardError!, 4);
  });

  it('is 0 with an error of 0 for the zero operator', async () => {
    await using(diagonalOperator(new Array(50).fill(0)), async op => {
      const {value, standardError} = await trace(op, {method});
      expect(value).toBe(0);
      expect(standardError).toBe(0);
    });
  });
});

describe('trace', () => {
  it('has no standard error with one probe', async () => {
    await using(withSpectrum(SPECTRA.uniform(SIZE)), async op => {
      expect((await trace(op, {probes: 1})).standardError).toBeNull();
      expect((await trace(op, {probes: 2, method: 'xtrace'})).standardError).toBeNull();
      expect((await trace(op, {probes: 3, method: 'hutch++'})).standardError).toBeNull();
    });
  });

  it('is exact for a diagonal operator, with an error of 0', async () => {
    const values = Array.from({length: 1000}, (_, i) => Math.sin(i));
    await using(diagonalOperator(values), async op => {
      const {value, standardError} = await trace(op, {probes: 4});
      expect(standardError).toBe(0);
      expect(value).toBeCloseTo(sum(values), 4);
    });
  });

  it('has a useful error with two probes', async () => {
    const values = SPECTRA.uniform(SIZE);
    await using(withSpectrum(values), async op => {
      const share = await coverage(sum(values), 200, seed => trace(op, {probes: 2, seed}));
      expect(share).toBeGreaterThanOrEqual(0.9);
      const errors: number[] = [];
      for (let seed = 1; seed <= 50; seed++) errors.push((await trace(op, {probes: 2, seed})).standardError!);
      // A sample variance of two numbers would scatter over orders of magnitude.
      expect(Math.max(...errors) / Math.min(...errors)).toBeLessThan(2);
    });
  });

  it.each(['fastDecay', 'exponential'] as const)(
    'errs least by XTrace, then by Hutch++, then by Hutchinson: %s',
    async name => {
      const values = SPECTRA[name](SIZE);
      await using(withSpectrum(values), async op => {
        const errorOf = async (method: TraceMethod): Promise<number> => {
          let squares = 0;
          for (let seed = 1; seed <= 40; seed++) {
            squares += ((await trace(op, {probes: 24, method, seed})).value - sum(values)) ** 2;
          }
          return Math.sqrt(squares / 40);
        };
        const [plain, deflated, exchanged] = [
          await errorOf('hutchinson'),
          await errorOf('hutch++'),
          await errorOf('xtrace'),
        ];
        expect(deflated).toBeLessThan(plain / 4);
        expect(exchanged).toBeLessThan(deflated);
      });
    },
  );

  it('is exact by Hutch++ and XTrace where the sketch holds the whole range', async () => {
    const values = [5, -3, 2, ...new Array(97).fill(0)];
    await using(withSpectrum(values), async op => {
      for (const method of ['hutch++', 'xtrace'] as const) {
        const {value, standardError} = await trace(op, {probes: 18, method});
        // float32 products on vectors of length √100: 1e-7 · 5 · √100
        expect(Math.abs(value - 4)).toBeLessThan(1e-5);
        expect(standardError!).toBeLessThan(1e-5);
      }
    });
  });

  it('survives JSON', async () => {
    await using(withSpectrum(SPECTRA.uniform(SIZE)), async op => {
      const estimate = await trace(op, {probes: 1});
      expect(JSON.parse(JSON.stringify(estimate)) as Estimate).toEqual(estimate);
    });
  });
});
