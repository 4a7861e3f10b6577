import {similarity} from 'tfjs-hessian';
import {describe, expect, it} from 'vitest';
import {valueDistance} from '../../study/analysis/value-distance.js';

const spectrum = (nodes: readonly number[], weights: readonly number[] = nodes.map(() => 1 / nodes.length)) => ({
  nodes: [[...nodes]],
  weights: [[...weights]],
});

describe('the distance of spectra in the authors’ code', () => {
  const uneven = [0.6, 0.25, 0.1, 0.05];

  it('is 0 between a spectrum and the same one elsewhere, whose positions differ', () => {
    const a = spectrum([0, 1, 2, 8], uneven);
    const shifted = spectrum([-20, -19, -18, -12], uneven);
    // Rounding of positions.
    expect(valueDistance(a, shifted)).toBeLessThan(1e-12);
    expect(similarity(a, shifted).wasserstein).toBeGreaterThan(0.1);
  });

  it('is 0 between a spectrum and its mirror image', () => {
    const a = spectrum([0, 1, 2, 8], uneven);
    expect(valueDistance(a, spectrum([0, -1, -2, -8], uneven))).toBeLessThan(1e-12);
  });

  it('is not 0 between spectra of different shapes, and the same in both directions', () => {
    const [a, b] = [spectrum([0, 1, 2, 8], uneven), spectrum([0, 8], [0.5, 0.5])];
    expect(valueDistance(a, b)).toBeGreaterThan(1e-5);
    expect(valueDistance(a, b)).toBeCloseTo(valueDistance(b, a), 15);
  });

  it('is that of SciPy for values that were computed by hand', () => {
    // Two eigenvalues of equal weight are two equal peaks: the transformed values are those of two separate parabolas
    // log y = −(x − x_i)²/2σ², cut where y is 1e-8, and 0 elsewhere; the distance to three peaks is that of the sorted lists.
    const peaks = (count: number) => spectrum(Array.from({length: count}, (_, i) => i));
    const sigma = 2 / 127 / Math.sqrt(8 * Math.log(1.25));
    const byHand = (count: number) => {
      const positions = Array.from({length: count}, (_, i) => -1 / 1.1 + (2 / 1.1 / (count - 1)) * i);
      const grid = Array.from({length: 1024}, (_, i) => -1 + (2 * i) / 1023);
      const logs = grid.map(x => {
        const nearest = Math.min(...positions.map(position => Math.abs(x - position)));
        const log = -(nearest ** 2) / (2 * sigma ** 2);
        return log > Math.log(1e-8) ? log : Number.NEGATIVE_INFINITY;
      });
      const least = Math.min(...logs.filter(Number.isFinite));
      const most = Math.max(...logs);
      const scaled = logs.map(log => (Math.max(log, least) - least) / (most - least));
      const sum = scaled.reduce((total, value) => total + value, 0);
      return scaled.map(value => value / sum).sort((x, y) => x - y);
    };
    const [two, three] = [byHand(2), byHand(3)];
    const expected = two.reduce((sum, value, i) => sum + Math.abs(value - three[i]!), 0) / 1024;
    expect(valueDistance(peaks(2), peaks(3))).toBeCloseTo(expected, 12);
  });
});
