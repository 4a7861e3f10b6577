import {describe, expect, it} from 'vitest';
import {spectralDensity} from '../../../src/estimators/spectral-density.js';
import {
  logSpectrumDistance,
  logSpectrumDistanceEstimate,
} from '../../../src/metrics/comparison/log-spectrum-distance.js';
import {similarity} from '../../../src/metrics/comparison/similarity.js';
import type {DensityRecord} from '../../../src/metrics/records.js';
import {probeVector} from '../../../src/random.js';
import {SPECTRA, useCpu, withSpectrum} from '../../estimators/synthetic.js';

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

describe('logSpectrumDistanceEstimate', () => {
  useCpu();

  /** Two probes that have found an exact spectrum. */
  const twice = (values: readonly number[]): DensityRecord => {
    const {nodes, weights} = of(values);
    return {nodes: [...nodes, ...nodes], weights: [...weights, ...weights]};
  };

  /** Eigenvalues that decay, and each of them is found with an error. */
  const noisy = (seed: number, exponent: number, probes: number): DensityRecord => ({
    nodes: Array.from({length: probes}, (_, p) => {
      const noise = probeVector(seed, p, 30, 'gaussian');
      return Array.from({length: 30}, (_unused, i) => (i + 1) ** -exponent * (1 + 0.02 * noise[i]!));
    }),
    weights: Array.from({length: probes}, () => new Array<number>(30).fill(1 / 30)),
  });

  it('reaches 0 for two estimates of one spectrum, and not for another spectrum', async () => {
    const op = withSpectrum(SPECTRA.slowDecay(120), 1);
    let [same, other] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const reachesZero = (b: DensityRecord): boolean => {
        const {value, standardError} = logSpectrumDistanceEstimate(a, b);
        return value - 1.96 * standardError! <= 0;
      };
      const a = await spectralDensity(op, {steps: 20, probes: 3, seed});
      same += Number(reachesZero(await spectralDensity(op, {steps: 20, probes: 3, seed: seed + 500})));
      other += Number(reachesZero(twice(SPECTRA.fastDecay(120))));
    }
    op.dispose();
    expect(same).toBeGreaterThanOrEqual(36);
    expect(other).toBe(0);
  });

  it('contains the distance of the exact spectra for 90 percent of seeds', () => {
    const exact = (exponent: number): DensityRecord => of(Array.from({length: 30}, (_, i) => (i + 1) ** -exponent));
    const distance = logSpectrumDistance(exact(1), exact(1.5));
    let covered = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const {value, standardError} = logSpectrumDistanceEstimate(noisy(seed, 1, 4), noisy(seed + 500, 1.5, 4));
      if (Math.abs(value - distance) <= 1.96 * standardError!) covered++;
    }
    expect(covered / 200).toBeGreaterThanOrEqual(0.9);
  });

  it('has an unknown error with one probe', () => {
    expect(logSpectrumDistanceEstimate(noisy(1, 1, 1), noisy(2, 1, 4)).standardError).toBeNull();
  });
});
