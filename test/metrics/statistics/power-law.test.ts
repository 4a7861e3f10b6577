import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {powerLaw} from '../../../src/metrics/statistics/power-law.js';
import {randomBits, uniform} from '../../../src/random.js';

/** n numbers from p(x) ∝ x^−exponent, x ≥ minimum. */
function pareto(n: number, exponent: number, minimum: number, seed: number): number[] {
  const bits = randomBits(seed, 0);
  return Array.from({length: n}, () => minimum * uniform(bits) ** (1 / (1 - exponent)));
}

describe('powerLaw', () => {
  it.each([2, 2.5, 3.5])('finds the exponent of a Pareto sample within three standard errors: %s', exponent => {
    for (let seed = 1; seed <= 5; seed++) {
      const law = powerLaw(pareto(400, exponent, 0.3, seed))!;
      expect(Math.abs(law.exponent - exponent)).toBeLessThan(3 * law.standardError);
    }
  });

  it('finds where the tail begins', () => {
    const body = Array.from({length: 300}, (_, i) => (i + 1) / 300);
    const law = powerLaw([...body, ...pareto(300, 2.5, 1, 4)])!;
    expect(law.minimum).toBeGreaterThan(0.8);
    expect(law.minimum).toBeLessThan(1.6);
    expect(Math.abs(law.exponent - 2.5)).toBeLessThan(3 * law.standardError);
  });

  it('accepts a power law and rejects a uniform distribution', () => {
    expect(powerLaw(pareto(150, 2.5, 1, 2), {bootstraps: 50})!.pValue).toBeGreaterThan(0.1);
    const flat = Array.from({length: 150}, (_, i) => 1 + i / 150);
    expect(powerLaw(flat, {bootstraps: 50})!.distance).toBeGreaterThan(powerLaw(pareto(150, 2.5, 1, 2))!.distance);
  });

  it('takes weights for numbers of repetitions', () => {
    const values = pareto(40, 2.5, 1, 3);
    const twice = powerLaw([...values, ...values].sort((a, b) => a - b))!;
    const weighted = powerLaw(values, {weights: values.map(() => 2)})!;
    expect(weighted.exponent).toBeCloseTo(twice.exponent, 10);
    expect(weighted.tail).toBe(twice.tail);
  });

  it('scales with its numbers', () => {
    const values = pareto(100, 2.2, 1, 5);
    const [a, b] = [powerLaw(values)!, powerLaw(values.map(x => x * 1e-6))!];
    expect(b.exponent).toBeCloseTo(a.exponent, 8);
    expect(b.minimum).toBeCloseTo(a.minimum * 1e-6, 14);
  });

  it('uses positive numbers only, and needs five of them', () => {
    expect(powerLaw([-3, -2, 0, 1, 2, 3, 4])).toBeNull();
    expect(powerLaw([-1, 1, 2, 3, 4, 5])!.exponent).toBe(powerLaw([1, 2, 3, 4, 5])!.exponent);
    expect(powerLaw([2, 2, 2, 2, 2])).toBeNull();
  });

  it('refuses weights that do not match', () => {
    expect(() => powerLaw([1, 2], {weights: [1]})).toThrow(InvalidArgumentError);
  });
});
