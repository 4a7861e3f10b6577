import {describe, expect, it} from 'vitest';
import {spectrum} from '../../src/estimators/spectrum.js';
import type {BlockSpectrum} from '../../src/metrics/records.js';
import {probeVector} from '../../src/random.js';
import {
  coverage,
  diagonalOperator,
  distanceTo,
  onCpuWithoutLeaks,
  SPECTRA,
  sum,
  using,
  withoutMatmat,
  withSpectrum,
} from './synthetic.js';

onCpuWithoutLeaks();

describe('spectrum', () => {
  it.each([
    {steps: 12, probes: 3},
    {steps: 30, probes: 1},
    {steps: 7, probes: 5},
  ])('takes exactly steps × probes products without trace probes: $steps × $probes', async args => {
    await using(withSpectrum(SPECTRA.outliers(70)), async op => {
      const {density} = await spectrum(op, {...args, traceProbes: 0});
      expect(op.products).toBe(args.steps * args.probes);
      expect(density.nodes).toHaveLength(args.probes);
    });
  });

  it('makes its products in blocks of as many columns as there are probes', async () => {
    await using(withSpectrum(SPECTRA.outliers(70)), async op => {
      const widths: number[] = [];
      await spectrum(
        {
          size: op.size,
          matvec: v => op.matvec(v),
          matmat: V => {
            widths.push(V.shape[1]);
            return op.matmat(V);
          },
        },
        {steps: 9, probes: 4, traceProbes: 0},
      );
      expect(widths).toEqual(new Array(9).fill(4));
    });
  });

  it.each(['outliers', 'uniform', 'fastDecay'] as const)(
    'of "%s" has 95-percent intervals that hold the truth for 90 percent of 100 seeds and more, with two probes and with four',
    async name => {
      const values = SPECTRA[name](60);
      await using(withSpectrum(values), async op => {
        for (const probes of [2, 4]) {
          const samples: BlockSpectrum[] = [];
          for (let seed = 1; seed <= 100; seed++)
            samples.push(await spectrum(op, {steps: 10, probes, traceProbes: 0, seed}));
          const trace = await coverage(sum(values), 100, async seed => samples[seed - 1]!.trace);
          const frobenius = await coverage(Math.hypot(...values), 100, async seed => samples[seed - 1]!.frobenius);
          const negative = values.filter(x => x < 0).length / values.length;
          const mass = await coverage(negative, 100, async seed => samples[seed - 1]!.negativeMass);
          for (const share of [trace, frobenius]) {
            expect(share).toBeGreaterThanOrEqual(0.9);
          }
          // It counts what the quadrature cannot tell, and errs on the safe side.
          expect(mass).toBeGreaterThanOrEqual(0.9);
        }
      });
    },
  );

  it.each(['outliers', 'uniform', 'fastDecay'] as const)(
    'of "%s" has a trace as sure as 50 Hutchinson probes, for fewer where there are outliers, with 95-percent intervals that hold the truth',
    async name => {
      const values = SPECTRA[name](200);
      await using(withSpectrum(values), async op => {
        const aim = Math.sqrt(2 / 50) * Math.hypot(...values);
        let most = 0;
        const share = await coverage(sum(values), 100, async seed => {
          const before = op.products;
          const {trace} = await spectrum(op, {steps: 15, probes: 2, traceProbes: 50, seed});
          const added = op.products - before - 30;
          most = Math.max(most, added);
          expect(trace.probes).toBe(15 + added);
          // ‖A‖_F is itself an estimate, of one probe.
          expect(added === 50 || trace.standardError! <= 1.5 * aim).toBe(true);
          return trace;
        });
        expect(share).toBeGreaterThanOrEqual(0.9);
        // Nothing stands out of a uniform spectrum.
        expect(most).toBeLessThanOrEqual(name === 'uniform' ? 50 : 25);
      });
    },
  );

  it('bounds every end by its residual: 20 spectra, two ends, three values each', async () => {
    for (let trial = 0; trial < 20; trial++) {
      const values = Array.from({length: 50}, (_, i) => Math.sin(1 + i * (trial + 1)) ** (1 + (trial % 4)));
      await using(withSpectrum(values, trial), async op => {
        const {largest, smallest} = await spectrum(op, {steps: 8, probes: 2, k: 3, seed: trial});
        for (const {value, residual} of [...largest, ...smallest]) {
          expect(distanceTo(values, value)).toBeLessThanOrEqual(residual);
        }
        expect(largest.map(({value}) => value)).toEqual(largest.map(({value}) => value).sort((a, b) => b - a));
        expect(smallest.map(({value}) => value)).toEqual(smallest.map(({value}) => value).sort((a, b) => a - b));
      });
    }
  });

  it('finds as many copies of a repeated end as there are probes', async () => {
    const values = [5, 5, 5, 3, ...Array.from({length: 56}, (_, i) => Math.sin(i))];
    await using(withSpectrum(values), async op => {
      const {largest} = await spectrum(op, {steps: 20, probes: 3, k: 4});
      largest.forEach(({value}, i) => {
        expect(value).toBeCloseTo([5, 5, 5, 3][i]!, 3);
      });
    });
  });

  it('is nearer to the end than any single run', async () => {
    const values = SPECTRA.uniform(80);
    await using(withSpectrum(values), async op => {
      const {largest, density} = await spectrum(op, {steps: 8, probes: 4});
      expect(largest[0]!.value).toBeGreaterThan(Math.max(...density.nodes.flat()));
      expect(largest[0]!.value).toBeLessThanOrEqual(2 + largest[0]!.residual);
    });
  });

  it('is exact for an operator of no more dimensions than steps, with as many products as dimensions', async () => {
    const values = [3, 3, -1, 0, 2];
    await using(withSpectrum(values), async op => {
      const {parameters, trace, frobenius, largest, smallest, negativeMass, density} = await spectrum(op, {
        steps: 5,
        probes: 2,
        k: 5,
      });
      expect(op.products).toBe(5);
      expect(parameters).toBe(5);
      for (const [{value, standardError}, expected] of [
        [trace, 7],
        [frobenius, Math.hypot(...values)],
        [negativeMass, 0.2],
      ] as const) {
        expect(value).toBeCloseTo(expected, 5);
        expect(standardError).toBe(0);
      }
      largest.forEach(({value}, i) => {
        expect(value).toBeCloseTo([3, 3, 2, 0, -1][i]!, 5);
      });
      smallest.forEach(({value}, i) => {
        expect(value).toBeCloseTo([-1, 0, 2, 3, 3][i]!, 5);
      });
      expect(density.nodes).toHaveLength(2);
    });
  });

  it('has no standard errors with one probe, but of trace and norm with trace probes', async () => {
    await using(withSpectrum(SPECTRA.uniform(60)), async op => {
      const errors = async (traceProbes: number) => {
        const {trace, frobenius, negativeMass} = await spectrum(op, {steps: 10, probes: 1, traceProbes});
        return [trace, frobenius, negativeMass].map(({standardError}) => standardError);
      };
      expect(await errors(0)).toEqual([null, null, null]);
      expect(await errors(4)).toEqual([expect.any(Number), expect.any(Number), null]);
    });
  });

  it('adds trace probes up to their number while the error is above 15 % of the trace, as where outliers of both signs cancel', async () => {
    const rest = Array.from({length: 198}, (_, i) => (i % 2 === 0 ? 0.05 : -0.045));
    const products: number[] = [];
    for (const least of [-9.5, 5]) {
      await using(withSpectrum([10, least, ...rest]), async op => {
        const {trace} = await spectrum(op, {steps: 20, probes: 2, traceProbes: 10});
        const isSure = trace.standardError! <= 0.15 * Math.abs(trace.value);
        expect(isSure || op.products === 40 + 10).toBe(true);
        products.push(op.products);
      });
    }
    // The same norm of what the outliers leave, but a trace of 1 in one case and of 15 in the other.
    expect(products).toEqual([50, 42]);
  });

  it.each(['outliers', 'uniform', 'slowDecay'] as const)(
    'of "%s" takes at most 116 products by default, and knows the trace as well as 16 Hutchinson probes do',
    async name => {
      const values = SPECTRA[name](400);
      await using(withSpectrum(values), async op => {
        const {trace} = await spectrum(op);
        expect(op.products).toBeLessThanOrEqual(50 * 2 + 16);
        // ‖A‖_F is itself an estimate of one probe.
        expect(trace.standardError!).toBeLessThanOrEqual(1.2 * Math.sqrt(2 / 16) * Math.hypot(...values));
        expect(Math.abs(trace.value - sum(values))).toBeLessThanOrEqual(3 * trace.standardError!);
      });
    },
  );

  it('has 0 in the interval of the negative mass of semidefinite operators, and finds one half for symmetric spectra', async () => {
    for (const values of [SPECTRA.exponential(60), [4, 2, 1, ...new Array<number>(57).fill(0)]]) {
      await using(withSpectrum(values), async op => {
        const {value, standardError} = (await spectrum(op, {steps: 20})).negativeMass;
        expect(value - 1.96 * standardError!).toBeLessThanOrEqual(0);
      });
    }
    await using(withSpectrum(Array.from({length: 60}, (_, i) => i - 29.5)), async op => {
      const {value, standardError} = (await spectrum(op, {steps: 20})).negativeMass;
      expect(Math.abs(value - 0.5)).toBeLessThanOrEqual(3 * standardError!);
      expect(standardError!).toBeLessThan(0.15);
    });
  });

  it('does not take "no node below zero" for "no eigenvalue below zero"', async () => {
    // Ten nodes find outliers, and one stands for a bulk that is half negative.
    const bulk = [...probeVector(7, 0, 1980, 'gaussian')].map(x => 0.01 * x);
    const values = [...Array.from({length: 20}, (_, i) => 100 - 4 * i), ...bulk];
    const negative = values.filter(x => x < 0).length / values.length;
    await using(diagonalOperator(values), async op => {
      const share = await coverage(
        negative,
        20,
        async seed => (await spectrum(op, {steps: 10, probes: 2, seed})).negativeMass,
      );
      expect(share).toBe(1);
    });
  });

  it('has the exact trace of a diagonal operator, and almost its exact norm if eight probes agree', async () => {
    const values = Array.from({length: 200}, (_, i) => Math.cos(i));
    await using(diagonalOperator(values), async op => {
      const {trace, frobenius} = await spectrum(op, {steps: 10, probes: 8, traceProbes: 0});
      expect(trace.standardError).toBe(0);
      expect(trace.value).toBeCloseTo(sum(values), 4);
      expect(frobenius.value).toBeCloseTo(Math.hypot(...values), 4);
      expect(frobenius.standardError!).toBeLessThan(1e-4);
    });
  });

  it.each([
    {name: 'identity', value: 1},
    {name: 'zero operator', value: 0},
  ])('finds what is to be found of the $name', async ({value}) => {
    await using(diagonalOperator(new Array<number>(64).fill(value)), async op => {
      const {trace, frobenius, largest, smallest, negativeMass} = await spectrum(op, {
        steps: 6,
        probes: 2,
        k: 2,
        traceProbes: 0,
      });
      expect(trace).toEqual({value: expect.closeTo(64 * value, 4) as number, standardError: 0, probes: 2});
      expect(frobenius.value).toBeCloseTo(8 * value, 4);
      for (const end of [...largest, ...smallest]) expect(end.value).toBeCloseTo(value, 5);
      expect(largest).toHaveLength(2);
      expect(negativeMass.value).toBe(0);
    });
  });

  it.each([1e-25, 1e25])('keeps its digits for an operator of the order of %s', async scale => {
    const values = SPECTRA.outliers(60);
    const args = {steps: 15, probes: 2};
    const a = await using(withSpectrum(values), op => spectrum(op, args));
    const b = await using(withSpectrum(values.map(x => x * scale)), op => spectrum(op, args));
    expect(b.trace.value / scale).toBeCloseTo(a.trace.value, 3);
    expect(b.frobenius.value / scale).toBeCloseTo(a.frobenius.value, 4);
    expect(b.largest[0]!.value / scale).toBeCloseTo(a.largest[0]!.value, 4);
  });

  it('gives the same with the same seed, by matvec alone, and after JSON', async () => {
    await using(withSpectrum(SPECTRA.outliers(60)), async op => {
      const args = {steps: 15, probes: 2, k: 2, seed: 9};
      const a = await spectrum(op, args);
      expect(await spectrum(op, args)).toEqual(a);
      expect(JSON.parse(JSON.stringify(a)) as BlockSpectrum).toEqual(a);
      const b = await spectrum(withoutMatmat(op), args);
      expect(b.trace.value).toBeCloseTo(a.trace.value, 3);
      expect(b.largest[1]!.value).toBeCloseTo(a.largest[1]!.value, 4);
    });
  });
});
