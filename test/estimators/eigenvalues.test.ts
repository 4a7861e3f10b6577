import * as tf from '@tensorflow/tfjs-core';
import {EigenvalueDecomposition} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {type EigenvaluesArgs, eigenvalues, type WhichEigenvalues} from '../../src/estimators/eigenvalues.js';
import {probeVector} from '../../src/random.js';
import {
  diagonalOperator,
  distanceTo,
  onCpuWithoutLeaks,
  SPECTRA,
  using,
  withoutMatmat,
  withSpectrum,
} from './synthetic.js';

onCpuWithoutLeaks();

const KEYS: Record<WhichEigenvalues, (x: number) => number> = {
  largest: x => x,
  smallest: x => -x,
  magnitude: Math.abs,
};

function best(values: readonly number[], which: WhichEigenvalues, k: number): number[] {
  return [...values].sort((a, b) => KEYS[which](b) - KEYS[which](a)).slice(0, k);
}

/** Numbers around zero, of magnitude `width` at most. */
const bulk = (n: number, width: number): number[] =>
  Array.from({length: n}, (_, i) => width * Math.sin(1 + 7.1 * i) * Math.cos(i));

const gaussian = (count: number): number[] => [...probeVector(7, 0, count, 'gaussian')];

/** What float32 can tell apart, in units of ‖A‖. */
const FLOAT32 = 2e-6;

async function check(values: readonly number[], args: EigenvaluesArgs): Promise<void> {
  await using(withSpectrum(values), async op => {
    const {k = 1, which = 'largest', tolerance = 1e-3} = args;
    const norm = Math.max(...values.map(Math.abs));
    const found = await eigenvalues(op, args);
    expect(found.converged).toBe(true);
    expect(found.steps).toBe(op.products);
    expect(found.values).toHaveLength(k);
    best(values, which, k).forEach((expected, i) => {
      expect(distanceTo(values, found.values[i]!)).toBeLessThanOrEqual(found.residuals[i]!);
      const allowed = tolerance * Math.max(Math.abs(found.values[i]!), 1e-3 * norm);
      expect(found.residuals[i]!).toBeLessThanOrEqual(allowed);
      expect(Math.abs(KEYS[which](found.values[i]!) - KEYS[which](expected))).toBeLessThanOrEqual(1.01 * allowed);
    });
  });
}

describe('eigenvalues', () => {
  it.each(['largest', 'smallest', 'magnitude'] as const)(
    'finds the five of either kind of end within their residuals: %s',
    async which => {
      await check(SPECTRA.outliers(120), {k: 5, which});
      await check(SPECTRA.uniform(120), {k: 5, which, tolerance: 1e-4});
    },
  );

  it('is accurate to float32 where the eigenvalue is separated', async () => {
    const values = SPECTRA.outliers(120);
    await using(withSpectrum(values), async op => {
      const {values: found} = await eigenvalues(op, {k: 3, tolerance: 1e-5});
      // the error is of the order of residual² / gap
      for (const [i, expected] of best(values, 'largest', 3).entries()) {
        expect(Math.abs(found[i]! - expected)).toBeLessThan(10 * FLOAT32);
      }
    });
  });

  it('agrees with a dense eigenvalue solver on the full list', async () => {
    await using(withSpectrum(SPECTRA.outliers(60)), async op => {
      const dense = new EigenvalueDecomposition(op.matrix, {assumeSymmetric: true}).realEigenvalues.sort(
        (a, b) => b - a,
      );
      const {values, residuals, steps, converged} = await eigenvalues(op, {k: 60});
      expect(converged).toBe(true);
      expect(steps).toBe(60);
      values.forEach((value, i) => {
        expect(Math.abs(value - dense[i]!)).toBeLessThanOrEqual(residuals[i]!);
      });
    });
  });

  it('counts repeated eigenvalues as often as they are there', async () => {
    const rest = Array.from({length: 80}, (_, i) => Math.sin(i));
    await check([5, 5, 3, 3, 3, 2, ...rest], {k: 6});
    await check([5, 5, 3, 3, 3, 2, ...rest], {k: 2, tolerance: 1e-5});
    await check([...new Array<number>(8).fill(7), ...rest], {k: 8});
    await check([4, 4, -4, -4, -4, ...rest], {k: 5, which: 'magnitude'});
  });

  it('lists the full spectrum with multiplicity where k is the size', async () => {
    const values = Array.from({length: 48}, (_, i) => Math.round(4 * Math.sin(i)));
    await check(values, {k: 48});
    await check(values, {k: 48, which: 'smallest'});
  });

  it.each([1, 7, 100])('finds %s copies of the one eigenvalue of the identity', async k => {
    await using(diagonalOperator(new Array<number>(100).fill(3)), async op => {
      const {values, converged} = await eigenvalues(op, {k});
      expect(converged).toBe(true);
      expect(values).toHaveLength(k);
      for (const value of values) expect(value).toBeCloseTo(3, 5);
    });
  });

  it.each([1, 4, 30])('finds %s zeros of the zero operator, with residuals of 0', async k => {
    await using(diagonalOperator(new Array<number>(30).fill(0)), async op => {
      const {values, residuals, converged} = await eigenvalues(op, {k});
      expect(values.map(Math.abs)).toEqual(new Array(k).fill(0));
      expect(residuals).toEqual(new Array(k).fill(0));
      expect(converged).toBe(true);
    });
  });

  it.each([-2, 0, 1e-30])('returns the entry of an operator of size 1: %s', async entry => {
    await using(diagonalOperator([entry]), async op => {
      const {values, steps, converged} = await eigenvalues(op, {which: 'magnitude'});
      expect(values).toHaveLength(1);
      expect(Math.abs(values[0]! - entry)).toBeLessThanOrEqual(1e-7 * Math.abs(entry));
      expect(steps).toBe(1);
      expect(converged).toBe(true);
    });
  });

  it('continues where the Krylov space ends: operators of low rank', async () => {
    const values = [3, 2, 1, ...new Array<number>(97).fill(0)];
    await check(values, {k: 6});
    await check(values, {k: 2, which: 'smallest'});
  });

  it('finds a double eigenvalue above 20,000 small ones', async () => {
    const values = Array.from({length: 20_000}, (_, i) => (i < 2 ? 10 : 1e-3 * Math.sin(i)));
    await using(diagonalOperator(values), async op => {
      const {values: found, converged} = await eigenvalues(op, {k: 2});
      expect(converged).toBe(true);
      for (const value of found) expect(value).toBeCloseTo(10, 3);
    });
  });

  it('holds its bound on a cluster that it cannot resolve', async () => {
    const values = Array.from({length: 120}, (_, i) => 1 - 1e-5 * i);
    await check(values, {k: 3, tolerance: 1e-4});
  });

  it('restarts within a bounded basis until it converges', async () => {
    // Gaps of a thousandth of the range take more steps than the basis has vectors, which are 100.
    const expected = [1.006, 1.004, 1.002];
    const values = Array.from({length: 1500}, (_, i) => expected[i] ?? Math.cos((i * Math.PI) / 1500));
    await using(diagonalOperator(values), async op => {
      for (const args of [
        {k: 1, tolerance: 1e-4},
        {k: 3, tolerance: 1e-3},
      ]) {
        const {values: found, residuals, steps, converged} = await eigenvalues(op, args);
        expect(converged).toBe(true);
        expect(steps).toBeGreaterThan(100);
        found.forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(residuals[i]!);
        });
      }
    });
  });

  /** Seeds whose start vector has so little of the best eigenvector that a neighbour converges first. */
  const unlucky: [string, number[], number, number[]][] = [
    ['a top 2 % above a cluster', [1.02, 1, 1, 1, 1, 1, ...bulk(94, 0.4)], 1, [30, 51, 56, 64, 72, 92]],
    ['two tops 1.5 % apart', [1, 0.985, ...bulk(98, 0.3)], 1, [64, 72, 102, 114, 223]],
    ['one above all others, which are equal', [1.02, ...new Array<number>(99).fill(1)], 1, [0, 3, 5, 9, 11, 14]],
    ['a third copy beside neighbours', [1, 1, 1, 0.98, 0.97, ...bulk(95, 0.5)], 3, [3, 60, 76, 272]],
  ];
  it.each(unlucky)(
    'does not mistake a neighbour for the best, whatever the start vector: %s',
    async (_, values, k, seeds) => {
      for (const which of ['largest', 'smallest', 'magnitude'] as const) {
        const mirrored = which === 'smallest' ? values.map(x => -x) : values;
        await using(diagonalOperator(mirrored), async op => {
          for (const seed of seeds) {
            const {values: found, converged} = await eigenvalues(op, {k, which, seed});
            expect(converged).toBe(true);
            best(mirrored, which, k).forEach((expected, i) => {
              expect(Math.abs(found[i]! - expected)).toBeLessThanOrEqual(1.01e-3 * values[0]!);
            });
          }
        });
      }
    },
  );

  it.each([
    {k: 1, tolerance: 1e-3, most: 60},
    {k: 3, tolerance: 1e-3, most: 140},
    {k: 1, tolerance: 1e-1, most: 45},
  ])(
    'finds the smallest as precisely as asked for, however small it is beside the largest: $k, $tolerance',
    async args => {
      const values = [...Array.from({length: 20}, (_, i) => 20 / (i + 1)), ...gaussian(1980).map(x => 0.01 * x)];
      const expected = best(values, 'smallest', args.k);
      await using(diagonalOperator(values), async op => {
        for (let seed = 0; seed < 8; seed++) {
          const {k, tolerance} = args;
          const {values: found, converged, steps} = await eigenvalues(op, {k, tolerance, which: 'smallest', seed});
          expect(converged).toBe(true);
          expect(steps).toBeLessThanOrEqual(args.most);
          found.forEach((value, i) => {
            expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance * Math.abs(expected[i]!));
          });
        }
      });
    },
  );

  it('says that it has converged exactly where all residuals are within the tolerance', async () => {
    const values = [20, ...SPECTRA.slowDecay(199)];
    await using(withSpectrum(values), async op => {
      for (const tolerance of [1e-3, 1e-5, 5e-7]) {
        for (let seed = 0; seed < 10; seed++) {
          const {values: found, residuals, converged, steps} = await eigenvalues(op, {k: 2, tolerance, seed});
          expect(converged).toBe(residuals.every((r, i) => r <= tolerance * Math.max(Math.abs(found[i]!), 0.02)));
          // Where rounding is the limit it does not go on in vain.
          expect(steps).toBeLessThan(60);
        }
      }
    });
  });

  it('does not say that it has converged while a better one may have been missed', async () => {
    const values = [1, 0.985, ...bulk(2000, 0.3)];
    await using(diagonalOperator(values), async op => {
      // The residual is within the tolerance by then, for some seeds that of the neighbour.
      const early = await eigenvalues(op, {maxSteps: 11, seed: 2});
      expect(early.residuals[0]!).toBeLessThanOrEqual(1e-3 * 1.1);
      expect(early.converged).toBe(false);
      expect((await eigenvalues(op, {seed: 2})).converged).toBe(true);
    });
  });

  it('says that it has not converged where products or precision are not enough, and its bounds hold all the same', async () => {
    const values = SPECTRA.uniform(150);
    await using(withSpectrum(values), async op => {
      for (const args of [
        {k: 10, maxSteps: 14},
        {k: 2, tolerance: 1e-9},
      ]) {
        const {values: found, residuals, converged, steps} = await eigenvalues(op, args);
        expect(converged).toBe(false);
        expect(steps).toBeLessThanOrEqual(args.maxSteps ?? 450);
        found.forEach((value, i) => {
          expect(distanceTo(values, value)).toBeLessThanOrEqual(residuals[i]!);
        });
      }
    });
  });

  it('returns orthonormal eigenvectors', async () => {
    const values = [5, 5, 3, ...Array.from({length: 77}, (_, i) => Math.sin(i))];
    await using(withSpectrum(values), async op => {
      for (const k of [3, 80]) {
        const found = await eigenvalues(op, {k, tolerance: 1e-5, vectors: true});
        const vectors = found.vectors!;
        expect(vectors.shape).toEqual([80, k]);
        const [gram, residual] = tf.tidy(() => [
          tf.max(tf.abs(tf.sub(tf.matMul(vectors, vectors, true), tf.eye(k)))).arraySync() as number,
          (
            tf.norm(tf.sub(op.matmat(vectors), tf.mul(vectors, tf.tensor2d([found.values]))), 2, 0) as tf.Tensor1D
          ).arraySync(),
        ]);
        vectors.dispose();
        expect(gram).toBeLessThan(FLOAT32);
        residual.forEach((r, i) => {
          expect(r).toBeLessThanOrEqual(found.residuals[i]! + 1e-6);
        });
      }
    });
  });

  it('gives the same with the same seed, and by matvec alone', async () => {
    await using(withSpectrum(SPECTRA.outliers(80)), async op => {
      const a = await eigenvalues(op, {k: 4, seed: 3});
      expect(await eigenvalues(op, {k: 4, seed: 3})).toEqual(a);
      const b = await eigenvalues(withoutMatmat(op), {k: 4, seed: 3});
      b.values.forEach((value, i) => {
        expect(value).toBeCloseTo(a.values[i]!, 5);
      });
    });
  });

  it.each([1e-25, 1e25])('keeps its digits for an operator of the order of %s', async scale => {
    const values = SPECTRA.outliers(80).map(x => x * scale);
    await using(withSpectrum(values), async op => {
      const {values: found, converged} = await eigenvalues(op, {k: 3, tolerance: 1e-4});
      expect(converged).toBe(true);
      best(values, 'largest', 3).forEach((expected, i) => {
        expect(found[i]! / expected).toBeCloseTo(1, 5);
      });
    });
  });

  it('bounds 400 Ritz values of random spectra, stopped early, without exception', async () => {
    let checked = 0;
    for (let trial = 0; trial < 20; trial++) {
      const values = Array.from({length: 60}, (_, i) => Math.sin(1 + i * (trial + 1)) ** (1 + (trial % 4)));
      await using(withSpectrum(values, trial), async op => {
        for (const which of ['largest', 'smallest'] as const) {
          const found = await eigenvalues(op, {k: 10, which, tolerance: 0.3, maxSteps: 25, seed: trial});
          found.values.forEach((value, i) => {
            checked++;
            expect(distanceTo(values, value)).toBeLessThanOrEqual(found.residuals[i]!);
          });
        }
      });
    }
    expect(checked).toBe(400);
  });
});
