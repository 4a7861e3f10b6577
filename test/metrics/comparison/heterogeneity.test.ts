import {describe, expect, it} from 'vitest';
import {heterogeneity, heterogeneityOf} from '../../../src/metrics/comparison/heterogeneity.js';
import type {DensityRecord} from '../../../src/metrics/records.js';

/** The density of an exact spectrum. */
const of = (values: readonly number[]): DensityRecord => ({
  nodes: [[...values]],
  weights: [values.map(() => 1 / values.length)],
});

const decay = (exponent: number, scale = 1): number[] =>
  Array.from({length: 400}, (_, i) => scale / (i + 1) ** exponent);

describe('heterogeneity', () => {
  it('is 0 for blocks whose spectra differ by a factor', () => {
    expect(heterogeneity([of(decay(1)), of(decay(1, 1000)), of(decay(1, 1e-6))])).toBeLessThan(1e-6);
  });

  it('is the root of the Jensen–Shannon divergence of two densities that hardly overlap: near 1', () => {
    const [low, high] = [new Array<number>(390).fill(-0.5), new Array<number>(390).fill(0.5)];
    const tops = new Array<number>(10).fill(1);
    // 2.5 % of the eigenvalues are the same: divergence 1 − 0.025.
    expect(heterogeneity([of([...tops, ...low]), of([...tops, ...high])])).toBeCloseTo(Math.sqrt(0.975), 6);
  });

  it('does not change when an eigenvalue of one block becomes large, nor when such a block joins', () => {
    const [a, b] = [of(decay(0.5)), of(decay(2))];
    const before = heterogeneity([a, b]);
    expect(before).toBeGreaterThan(0.3);
    const [, ...rest] = decay(2);
    expect(heterogeneity([a, of([1e4, ...rest])])).toBeCloseTo(before, 6);
    const three = heterogeneity([a, b, of([1e4, ...rest])]);
    expect(three).toBeCloseTo((2 * before) / 3, 6);
  });

  it('finds the tenth eigenvalue by the share of eigenvalues above it, given the number of parameters', () => {
    // A quadrature of 1000 eigenvalues: ten lone ones, and nodes that stand for many.
    const quadrature: DensityRecord = {
      nodes: [[...Array.from({length: 10}, (_, i) => 20 - i), 5.5, 0]],
      weights: [[...new Array<number>(10).fill(0.001), 0.495, 0.495]],
    };
    const exact = of([
      ...new Array<number>(10).fill(1),
      ...new Array<number>(495).fill(0.5),
      ...new Array<number>(495).fill(0),
    ]);
    expect(heterogeneity([quadrature, exact], [1000, 1000])).toBeLessThan(1e-6);
    expect(heterogeneity([quadrature, exact], [100, 1000])).toBeGreaterThan(0.1);
  });

  it("is the mean over the blocks of one block's distance from the others", () => {
    const densities = [of(decay(0.5)), of(decay(1)), of(decay(2))];
    const sizes = [400, 400, 400];
    const each = [0, 1, 2].map(i => heterogeneityOf(densities, sizes, i));
    expect((each[0]! + each[1]! + each[2]!) / 3).toBeCloseTo(heterogeneity(densities), 12);
    expect(each[2]).toBeGreaterThan(each[1]!);
    expect(heterogeneityOf(densities, sizes, 3)).toBeNaN();
  });

  it('needs one number of parameters for each density', () => {
    expect(() => heterogeneity([of([1]), of([2])], [1])).toThrow(/1 numbers of parameters for 2 densities/);
  });
});
