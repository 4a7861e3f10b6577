import {describe, expect, it} from 'vitest';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {densityOf} from '../../src/metrics/density.js';
import type {DensityRecord} from '../../src/metrics/records.js';
import {diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withoutMatmat, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

const linspace = (from: number, to: number, count: number): number[] =>
  Array.from({length: count}, (_, i) => from + ((to - from) * i) / (count - 1));

const trapezoid = (grid: readonly number[], values: readonly number[]): number =>
  grid.slice(1).reduce((sum, x, i) => sum + ((values[i]! + values[i + 1]!) / 2) * (x - grid[i]!), 0);

const exactShare = (spectrum: readonly number[], x: number): number =>
  spectrum.filter(value => value <= x).length / spectrum.length;

describe('spectralDensity', () => {
  it.each(Object.keys(SPECTRA) as (keyof typeof SPECTRA)[])(
    'integrates to one on grids coarse and fine: %s',
    async name => {
      await using(withSpectrum(SPECTRA[name](80)), async op => {
        const density = await spectralDensity(op, {steps: 20, probes: 2});
        for (const count of [60, 400]) {
          const grid = linspace(-3, 12, count);
          expect(trapezoid(grid, density.evaluate(grid).density)).toBeCloseTo(1, 3);
        }
      });
    },
  );

  it.each(['uniform', 'outliers'] as const)(
    'matches the exact cumulative to within a node and chance: %s',
    async name => {
      const values = SPECTRA[name](200);
      await using(withSpectrum(values), async op => {
        const density = await spectralDensity(op, {steps: 40, probes: 8, seed: 1});
        const grid = linspace(-1.5, 11, 300);
        const worst = Math.max(
          ...density.cumulative(grid).map((share, i) => Math.abs(share - exactShare(values, grid[i]!))),
        );
        // Half a node's weight, 1 / 80, and three deviations of a share of n = 200 by 8 probes, √(2 · ¼ / 1600).
        expect(worst).toBeLessThan(1 / 80 + 3 * Math.sqrt(0.5 / 1600));
      });
    },
  );

  it('has the exact moments of the probe: Gauss quadrature of degree 2 m − 1', async () => {
    await using(withSpectrum(SPECTRA.uniform(60)), async op => {
      const short = await spectralDensity(op, {steps: 4, probes: 1});
      const long = await spectralDensity(op, {steps: 25, probes: 1});
      const moment = ({nodes, weights}: DensityRecord, p: number): number =>
        nodes[0]!.reduce((sum, node, j) => sum + weights[0]![j]! * node ** p, 0);
      for (let p = 0; p <= 7; p++) expect(moment(short, p)).toBeCloseTo(moment(long, p), 4);
      expect(Math.abs(moment(short, 8) - moment(long, 8))).toBeGreaterThan(1e-4);
    });
  });

  it('has a band that holds the smoothed exact density for 90 percent of seeds and more', async () => {
    const values = SPECTRA.uniform(100);
    const bandwidth = 0.4;
    const grid = [-0.5, 0.5, 1.5];
    const exact = grid.map(
      x =>
        values.reduce((sum, v) => sum + Math.exp(-0.5 * ((x - v) / bandwidth) ** 2), 0) /
        (100 * bandwidth * Math.sqrt(2 * Math.PI)),
    );
    let covered = 0;
    await using(withSpectrum(values), async op => {
      for (let seed = 1; seed <= 100; seed++) {
        const {lower, upper} = (await spectralDensity(op, {steps: 12, probes: 4, seed})).evaluate(grid, {bandwidth});
        covered += exact.filter((y, i) => lower[i]! <= y && y <= upper[i]!).length;
      }
    });
    expect(covered / 300).toBeGreaterThanOrEqual(0.9);
    expect(covered / 300).toBeLessThanOrEqual(0.99);
  });

  it('takes exactly steps × probes products, one row of nodes a probe', async () => {
    await using(withSpectrum(SPECTRA.uniform(60)), async op => {
      const {nodes, weights} = await spectralDensity(op, {steps: 12, probes: 3});
      expect(op.products).toBe(36);
      expect(nodes.map(row => row.length)).toEqual([12, 12, 12]);
      for (const row of weights) expect(row.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
    });
  });

  it('is exact for an operator of at most as many dimensions as steps: each row has every eigenvalue', async () => {
    const values = [2, 2, -1, 0, 0.5];
    await using(withSpectrum(values), async op => {
      const density = await spectralDensity(op, {steps: 5, probes: 3});
      expect(op.products).toBe(5);
      const sorted = [...values].sort((a, b) => a - b);
      for (const row of density.nodes)
        row.forEach((node, i) => {
          expect(node).toBeCloseTo(sorted[i]!, 5);
        });
      expect(density.cumulative([-1.5, -0.5, 0, 1, 2])).toEqual(
        [0, 0.2, 0.4, 0.6, 1].map(x => expect.closeTo(x, 10) as number),
      );
      expect(density.quantile(0.5)).toBeCloseTo(0.5, 5);
    });
  });

  it.each([
    {name: 'the identity', value: 1},
    {name: 'the zero operator', value: 0},
  ])('is an atom for $name', async ({value}) => {
    await using(diagonalOperator(new Array<number>(50).fill(value)), async op => {
      const density = await spectralDensity(op, {steps: 10, probes: 2});
      expect(density.cumulative([value - 0.01, value])).toEqual([0, 1]);
      expect(density.quantile(0.3)).toBeCloseTo(value, 6);
      const grid = linspace(value - 1, value + 1, 401);
      expect(trapezoid(grid, density.evaluate(grid).density)).toBeCloseTo(1, 6);
    });
  });

  it('gives the same with the same seed, by matvec alone, and after JSON', async () => {
    await using(withSpectrum(SPECTRA.outliers(60)), async op => {
      const a = await spectralDensity(op, {steps: 15, seed: 2});
      const again = await spectralDensity(op, {steps: 15, seed: 2});
      expect(again.nodes).toEqual(a.nodes);
      const single = await spectralDensity(withoutMatmat(op), {steps: 15, seed: 2});
      // Rounding grows in nodes that have not converged; curves do not notice.
      const grid = linspace(-2, 11, 50);
      single.evaluate(grid).density.forEach((y, i) => {
        expect(y).toBeCloseTo(a.evaluate(grid).density[i]!, 3);
      });
      const stored = densityOf(JSON.parse(JSON.stringify(a)) as DensityRecord);
      expect(stored.evaluate(grid)).toEqual(a.evaluate(grid));
      expect(stored.quantile(0.9)).toBe(a.quantile(0.9));
    });
  });
});
