import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {conditionNumber} from '../../src/estimators/condition-number.js';
import {effectiveDimension} from '../../src/estimators/effective-dimension.js';
import {logDeterminant} from '../../src/estimators/log-determinant.js';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {traceOfFunction} from '../../src/estimators/trace-of-function.js';
import {densityOf} from '../../src/metrics/density.js';
import {readReference} from '../references.js';
import {coverage, diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

const sumOf = (values: readonly number[], f: (x: number) => number) => values.reduce((sum, x) => sum + f(x), 0);

/** The float64 eigenvalues of the Gauss–Newton matrices of small networks. */
const ofNetworks = ['mlp_tanh', 'lstm', 'depthwise_separable'].map(
  name => [name, readReference(name).gaussNewton!.full.eigenvalues] as const,
);

it.each(ofNetworks)(
  'with as many steps as %s has weights, all functions are those of its float64 eigenvalues',
  async (_, values) => {
    await using(withSpectrum(values), async op => {
      const args = {steps: values.length};
      const top = values[0]!;
      const cases = [
        [await traceOfFunction(op, x => x ** 3, args), sumOf(values, x => x ** 3)],
        [await traceOfFunction(op, Math.exp, args), sumOf(values, Math.exp)],
        [await logDeterminant(op, {...args, shift: 0.1 * top}), sumOf(values, x => Math.log(x + 0.1 * top))],
        [await effectiveDimension(op, {...args, damping: 0.1 * top}), sumOf(values, x => x / (x + 0.1 * top))],
      ] as const;
      for (const [{value, standardError, probes}, exact] of cases) {
        expect([standardError, probes]).toEqual([0, values.length]);
        // Float32 rounding of each eigenvalue, relative to the largest.
        expect(Math.abs(value - exact)).toBeLessThan(1e-5 * Math.abs(exact) + 1e-5 * values.length * 1e-1);
      }
      const {value} = await conditionNumber(op, {...args, shift: 0.1 * top});
      const exact = (1.1 * top) / (values.at(-1)! + 0.1 * top);
      expect(Math.abs(value / exact - 1)).toBeLessThan(1e-4);
    });
  },
);

it('a stored density gives the numbers of its operator', async () => {
  await using(withSpectrum(SPECTRA.exponential(60)), async op => {
    const args = {steps: 12, probes: 3, seed: 4};
    const fromOperator = await traceOfFunction(op, Math.exp, args);
    const density = await spectralDensity(op, args);
    expect(density.parameters).toBe(60);
    expect(await traceOfFunction(density, Math.exp)).toEqual(fromOperator);
    const record = JSON.parse(JSON.stringify(density)) as typeof density;
    expect(await traceOfFunction(record, Math.exp)).toEqual(fromOperator);
    const {nodes, weights} = density;
    expect(await traceOfFunction({nodes, weights}, Math.exp, {parameters: 60})).toEqual(fromOperator);
    await expect(traceOfFunction({nodes, weights}, Math.exp)).rejects.toThrow(/dimension is not known/);
    await expect(traceOfFunction(densityOf({nodes, weights}), Math.exp)).rejects.toThrow(/dimension is not known/);
    await expect(traceOfFunction(density, Math.exp, {steps: 3})).rejects.toThrow(/steps has no effect on a density/);
    await expect(traceOfFunction(op, Math.exp, {parameters: 61})).rejects.toThrow(/size is 60/);
  });
});

it.each([
  ['exponential', Math.exp],
  ['uniform', (x: number) => x * x],
  ['slowDecay', (x: number) => Math.log(x + 0.1)],
] as const)(
  'value ± 1.96 standardError holds the true sum over the %s spectrum in 87 %% of the seeds or more',
  async (name, f) => {
    const values = SPECTRA[name](80);
    await using(withSpectrum(values), async op => {
      const share = await coverage(sumOf(values, f), 60, seed => traceOfFunction(op, f, {steps: 20, probes: 4, seed}));
      // Three standard deviations of a binomial share of 60 below 95 %.
      expect(share).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / 60));
    });
  },
);

it('one node a probe is not taken for an exact spectrum, and one probe has no error', async () => {
  await using(withSpectrum(SPECTRA.uniform(50)), async op => {
    expect((await traceOfFunction(op, Math.exp, {steps: 1, probes: 3})).standardError).not.toBe(0);
    expect((await traceOfFunction(op, Math.exp, {steps: 5, probes: 1})).standardError).toBeNull();
  });
});

it('an eigenvalue at which the function is not finite is named', async () => {
  await using(diagonalOperator([-0.5, 1, 2]), async op => {
    const isNamed = async (call: Promise<unknown>, message: RegExp) => {
      await expect(call).rejects.toThrow(InvalidArgumentError);
      await expect(call).rejects.toThrow(message);
    };
    await isNamed(traceOfFunction(op, Math.log), /f\(-0\.5\) is NaN/);
    await isNamed(
      traceOfFunction(op, x => 1 / (x - 2)),
      /f\(2\) is Infinity/,
    );
    await isNamed(traceOfFunction(op, (() => '3') as never), /f\(-0\.5\) is "3"/);
    await isNamed(logDeterminant(op), /Ritz value -0\.5.*shift > 0\.5/);
    await isNamed(logDeterminant(op, {shift: 0.5}), /not positive/);
    await isNamed(effectiveDimension(op, {damping: 0.25}), /Ritz value -0\.5.*damping > 0\.5/);
    await isNamed(conditionNumber(op), /no meaning.*-0\.5/);
    expect((await logDeterminant(op, {shift: 1})).value).toBeCloseTo(Math.log(0.5 * 2 * 3), 5);
    expect((await conditionNumber(op, {shift: 1})).value).toBeCloseTo(3 / 0.5, 4);
  });
  await using(diagonalOperator([0, 1, 2]), async op => {
    await expect(conditionNumber(op)).rejects.toThrow(/singular or indefinite/);
  });
});

it('the condition number is a lower bound that more steps raise', async () => {
  const values = SPECTRA.fastDecay(100);
  await using(withSpectrum(values), async op => {
    const shift = 1e-2;
    const exact = (values[0]! + shift) / (values.at(-1)! + shift);
    const found: number[] = [];
    for (const steps of [4, 10, 100]) found.push((await conditionNumber(op, {shift, steps, probes: 1})).value);
    expect(found[0]!).toBeLessThan(found[1]!);
    // Float32 rounding.
    for (const value of found) expect(value).toBeLessThan(exact * (1 + 1e-4));
    expect(Math.abs(found[2]! / exact - 1)).toBeLessThan(1e-4);
  });
});
