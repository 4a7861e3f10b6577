import {describe, expect, it} from 'vitest';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {densityOf} from '../../src/metrics/density.js';
import {operators} from '../estimators/calibration-cases.js';
import {onCpuWithoutLeaks, using} from '../estimators/synthetic.js';

onCpuWithoutLeaks();

describe('the interval of a quantile', () => {
  it.each(['like a Hessian', 'bulk with outliers', 'repeated', 'trace near 0', 'localized pairs'])(
    'holds the exact quantile for at least 92 percent of 25 seeds: %s',
    async name => {
      const {op, values} = operators[name]!();
      const sorted = [...values].sort((a, b) => a - b);
      await using(op, async () => {
        for (const p of [0.05, 0.25, 0.5, 0.9]) {
          const truth = sorted[Math.ceil(p * values.length) - 1]!;
          let held = 0;
          for (let seed = 1; seed <= 25; seed++) {
            const density = await spectralDensity(op, {steps: 20, probes: 2, seed});
            const {value, lower, upper} = density.quantileInterval(p);
            expect(value).toBe(density.quantile(p));
            // float32 has seven digits.
            if (lower <= truth + 1e-4 && truth <= upper + 1e-4) held++;
          }
          expect(held).toBeGreaterThanOrEqual(23);
        }
      });
    },
  );

  it('ends at the nodes around those next to the quantile if there are many probes', () => {
    // 40 equal probes have almost no spread. At 1/2, the nodes 4 and 5 are next, whose weights are undecided.
    const nodes = [1, 2, 3, 4, 5, 6, 7, 8];
    const weights = [0.12, 0.13, 0.12, 0.13, 0.12, 0.13, 0.12, 0.13];
    const moved = Array.from({length: 40}, (_, i) => nodes.map(node => node + 1e-3 * i));
    const {lower, upper} = densityOf({nodes: moved, weights: moved.map(() => weights)}).quantileInterval(0.5);
    expect(lower).toBeGreaterThan(2.9);
    expect(lower).toBeLessThan(3.1);
    expect(upper).toBeGreaterThan(4.9);
    expect(upper).toBeLessThan(5.1);
  });

  it('has no width for an exact spectrum', () => {
    const exact = densityOf({nodes: [[-1, 0, 2, 5]], weights: [[0.25, 0.25, 0.25, 0.25]]});
    expect(exact.quantileInterval(0.5)).toEqual({value: 0, lower: 0, upper: 0});
    expect(exact.quantileInterval(1)).toEqual({value: 5, lower: 5, upper: 5});
    expect(exact.quantileInterval(0)).toEqual({value: -1, lower: -1, upper: -1});
  });

  it('is unbounded for one probe, and at the ends, where a quadrature has no bound', () => {
    const rows = {nodes: [[0, 1, 2]], weights: [[0.2, 0.3, 0.5]]};
    expect(densityOf(rows).quantileInterval(0.5)).toEqual({
      value: 1,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
    const two = densityOf({
      nodes: [
        [0, 1, 2],
        [0.1, 1.1, 2.1],
      ],
      weights: [
        [0.2, 0.3, 0.5],
        [0.2, 0.4, 0.4],
      ],
    });
    expect(two.quantileInterval(1).upper).toBe(Number.POSITIVE_INFINITY);
    expect(two.quantileInterval(0).lower).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is narrower if the dimension of the operator is known', async () => {
    const {op} = operators['bulk with outliers']!();
    await using(op, async () => {
      const known = await spectralDensity(op, {steps: 20, probes: 2});
      const unknown = densityOf({nodes: known.nodes, weights: known.weights});
      const width = ({lower, upper}: {lower: number; upper: number}): number => upper - lower;
      expect(width(known.quantileInterval(0.5))).toBeLessThan(width(unknown.quantileInterval(0.5)));
    });
  });
});
