import {describe, expect, it} from 'vitest';
import {
  jensenShannonDivergence,
  similarity,
  similarityEstimate,
  wassersteinDistance,
} from '../../../src/metrics/comparison/similarity.js';
import type {DensityRecord} from '../../../src/metrics/records.js';
import {probeVector} from '../../../src/random.js';

const atom = (node: number, weight = 1) => ({node, weight});

const record = (nodes: number[], weights = nodes.map(() => 1 / nodes.length)): DensityRecord => ({
  nodes: [nodes],
  weights: [weights],
});

describe('wassersteinDistance', () => {
  it('is the mean distance that mass is moved', () => {
    expect(wassersteinDistance([atom(0)], [atom(3)])).toBe(3);
    expect(wassersteinDistance([atom(0, 0.5), atom(1, 0.5)], [atom(1)])).toBe(0.5);
    expect(wassersteinDistance([atom(0, 0.5), atom(1, 0.5)], [atom(0, 0.5), atom(1, 0.5)])).toBe(0);
  });

  it('is the mean distance of sorted samples, symmetric, and keeps the triangle inequality', () => {
    const sample = (seed: number): number[] => [...probeVector(seed, 0, 40, 'gaussian')].sort((a, b) => a - b);
    const [x, y, z] = [sample(1), sample(2), sample(3)];
    const atoms = (values: number[]) => values.map(node => atom(node, 1 / 40));
    const distance = (a: number[], b: number[]): number => wassersteinDistance(atoms(a), atoms(b));
    expect(distance(x, y)).toBeCloseTo(x.reduce((sum, value, i) => sum + Math.abs(value - y[i]!), 0) / 40, 12);
    expect(distance(y, x)).toBeCloseTo(distance(x, y), 12);
    expect(distance(x, z)).toBeLessThanOrEqual(distance(x, y) + distance(y, z));
  });
});

describe('jensenShannonDivergence', () => {
  it('is 0 for the same, 1 for what does not overlap, and between for the rest', () => {
    expect(jensenShannonDivergence([atom(0.3)], [atom(0.3)])).toBe(0);
    expect(jensenShannonDivergence([atom(-0.5)], [atom(0.5)])).toBeCloseTo(1, 6);
    // Half of the mass in common: H(¾, ¼) − ½ H(½, ½) − ½ · 0 … in bits
    const half = jensenShannonDivergence([atom(-0.5, 0.5), atom(0.5, 0.5)], [atom(0.5)]);
    expect(half).toBeCloseTo(-0.75 * Math.log2(0.75) - 0.25 * Math.log2(0.25) - 0.5, 6);
  });
});

describe('similarity', () => {
  it('does not change when either spectrum is scaled', () => {
    const [a, b] = [record([-1, 0, 0, 4]), record([0, 1, 2, 3])];
    const scaled = record([-1e-6, 0, 0, 4e-6]);
    expect(similarity(scaled, b).wasserstein).toBeCloseTo(similarity(a, b).wasserstein, 12);
    expect(similarity(scaled, a)).toEqual({wasserstein: 0, jensenShannon: 0});
  });

  it('distinguishes a spectrum from its mirror image', () => {
    expect(similarity(record([0, 1]), record([0, -1])).wasserstein).toBeCloseTo(1, 12);
  });

  it('puts all mass of the zero operator at zero', () => {
    expect(similarity(record([0, 0]), record([0])).wasserstein).toBe(0);
    expect(similarity(record([0, 0]), record([1])).wasserstein).toBe(1);
  });
});

describe('similarityEstimate', () => {
  const noisy = (seed: number, shift: number, probes: number): DensityRecord => ({
    nodes: Array.from({length: probes}, (_, p) => [-1, shift + 0.05 * probeVector(seed, p, 1, 'gaussian')[0]!, 1]),
    weights: Array.from({length: probes}, () => [0.1, 0.8, 0.1]),
  });

  it('has the distances of similarity, with errors that hold the true distance for 90 percent of seeds', () => {
    let covered = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const [a, b] = [noisy(seed, 0.2, 6), noisy(seed + 1000, -0.3, 6)];
      const {wasserstein} = similarityEstimate(a, b);
      expect(wasserstein.value).toBeCloseTo(similarity(a, b).wasserstein, 10);
      // 0.8 of the mass carried by 0.5
      if (Math.abs(wasserstein.value - 0.4) <= 1.96 * wasserstein.standardError!) covered++;
    }
    expect(covered / 200).toBeGreaterThanOrEqual(0.9);
  });

  it('has an unknown error with one probe, and an error of 0 if the probes agree', () => {
    expect(similarityEstimate(noisy(1, 0, 1), noisy(2, 0, 3)).wasserstein.standardError).toBeNull();
    const exact: DensityRecord = {
      nodes: [
        [0, 1],
        [0, 1],
      ],
      weights: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    };
    expect(similarityEstimate(exact, exact)).toEqual({
      wasserstein: {value: 0, standardError: 0, probes: 2},
      jensenShannon: {value: 0, standardError: 0, probes: 2},
    });
  });
});
