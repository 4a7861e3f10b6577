import {describe, expect, it} from 'vitest';
import {logSpectrumDistance} from '../../../src/metrics/comparison/log-spectrum-distance.js';
import {similarity} from '../../../src/metrics/comparison/similarity.js';
import type {DensityRecord} from '../../../src/metrics/records.js';

/** The density of an exact spectrum. */
const of = (values: readonly number[]): DensityRecord => ({
  nodes: [[...values]],
  weights: [values.map(() => 1 / values.length)],
});

const outliers = Array.from({length: 10}, (_, i) => 10 - 0.7 * i);
const bulk = (size: number): number[] => Array.from({length: size}, (_, i) => 0.01 * Math.sin(i));

describe('logSpectrumDistance', () => {
  it('is the distance of the two magnitudes in powers of ten, weighted by their squares', () => {
    // 1 and 0.1 have the weights 1 / 1.01 and 0.01 / 1.01; 1 alone lies at 0.
    expect(logSpectrumDistance(of([1, 0.1]), of([1]))).toBeCloseTo(0.01 / 1.01, 12);
    // Eigenvalues at the floor have next to no weight.
    expect(logSpectrumDistance(of([1, 1e-9]), of([1, 0]))).toBeCloseTo(0, 12);
  });

  it('does not see the scale, the signs or the order', () => {
    expect(logSpectrumDistance(of([1, -0.5, 0.1]), of([-0.3, 3, 1.5]))).toBeLessThan(1e-12);
  });

  it('finds the same outliers in any dimension the same, which similarity does not', () => {
    const [small, large] = [of([...outliers, ...bulk(50)]), of([...outliers, ...bulk(2000)])];
    expect(logSpectrumDistance(small, large)).toBeLessThan(1e-3);
    expect(similarity(small, large).wasserstein).toBeGreaterThan(0.05);
  });

  it('tells one decay from another', () => {
    const decay = (exponent: number): DensityRecord => of(Array.from({length: 500}, (_, i) => (i + 1) ** -exponent));
    const [near, far] = [logSpectrumDistance(decay(1), decay(1.1)), logSpectrumDistance(decay(0.6), decay(2))];
    expect(near).toBeGreaterThan(0.005);
    expect(far).toBeGreaterThan(10 * near);
    expect(logSpectrumDistance(decay(2), decay(0.6))).toBeCloseTo(far, 12);
  });

  it('takes zero operators', () => {
    expect(logSpectrumDistance(of([0, 0]), of([0]))).toBe(0);
    expect(logSpectrumDistance(of([0]), of([2]))).toBe(4);
  });
});
