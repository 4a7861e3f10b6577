import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it, vi} from 'vitest';
import {EngineKrylovBasis} from '../../../src/estimators/krylov/engine-krylov-basis.js';
import type {KrylovBasis, KrylovStep} from '../../../src/estimators/krylov/krylov-basis.js';
import {newKrylovBasis} from '../../../src/estimators/krylov/new-krylov-basis.js';
import {NumberKrylovBasis} from '../../../src/estimators/krylov/number-krylov-basis.js';
import {OrthonormalRows} from '../../../src/estimators/linalg/orthonormal-rows.js';
import {SimdRows} from '../../../src/estimators/linalg/simd-rows.js';
import {Products} from '../../../src/estimators/products/products.js';
import type {MatvecOperator} from '../../../src/operators/linear-operator.js';
import {engines, useEngine} from '../../engines.js';
import {diagonalOperator, onCpuWithoutLeaks, using, withoutMatmat} from '../synthetic.js';

onCpuWithoutLeaks();

/** What float32 leaves of a zero in products of unit vectors. */
const ROUNDING = 1e-6;

/** As Hessians have them: two outliers of the same size above a bulk around zero. */
const outliers = (size: number): number[] =>
  Array.from({length: size}, (_, i) => (i < 2 ? 17 : 0.5 * Math.sin(1 + 7.3 * i)));

const kinds = [
  {
    kind: 'in JavaScript',
    make: (count: number, size: number): KrylovBasis =>
      new NumberKrylovBasis(count, size, () => new OrthonormalRows(size)),
  },
  ...(['float32', 'float64'] as const).map(precision => ({
    kind: `in WebAssembly, ${precision}`,
    make: (count: number, size: number): KrylovBasis =>
      new NumberKrylovBasis(count, size, () => new SimdRows(size, precision)),
  })),
  {kind: 'on the engine', make: (count: number, size: number): KrylovBasis => new EngineKrylovBasis(count, size)},
];

async function grow(
  basis: KrylovBasis,
  products: Products,
  steps: number,
  each: (step: KrylovStep) => void = () => {},
): Promise<void> {
  for (let i = 0; i < steps; i++) {
    const step = await basis.step(products);
    each(step);
    await basis.follow(
      step.beta.map(beta => beta < 1e-5 * Math.max(...step.norm)),
      i,
    );
  }
}

/** All vectors of each basis and the one that follows, `[p, length + 1, n]`. */
function vectors(basis: KrylovBasis): number[][][] {
  const unit = Array.from({length: basis.length}, (_, i) =>
    Array.from({length: basis.length}, (_, j) => Number(i === j)),
  );
  const [rows, next] = [basis.combine(Array.from({length: basis.count}, () => unit)), basis.following()];
  const [all, last] = [rows.arraySync(), next.arraySync()];
  rows.dispose();
  next.dispose();
  return last.map((row, i) => [...all.slice(i * basis.length, (i + 1) * basis.length), row]);
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** max |Qᵀ Q − I|. */
function lossOfOrthogonality(Q: readonly (readonly number[])[]): number {
  return Math.max(...Q.flatMap((a, i) => Q.slice(0, i + 1).map((b, j) => Math.abs(dot(a, b) - Number(i === j)))));
}

describe.each(engines)('Krylov bases on %s', engine => {
  it.each(kinds)(
    'stay orthonormal through 120 steps beside outliers, for each of three probes: $kind',
    async ({make}) => {
      await useEngine(engine);
      await using(diagonalOperator(outliers(1200)), async op => {
        const basis = make(3, 1200);
        basis.beginAtRandom(1);
        await grow(basis, new Products(op), 120);
        for (const Q of vectors(basis)) expect(lossOfOrthogonality(Q)).toBeLessThan(ROUNDING);
        basis.dispose();
      });
    },
  );

  it.each(kinds)('stay orthonormal where a step leaves a thousandth of a product: $kind', async ({make}) => {
    await useEngine(engine);
    const cluster = Array.from({length: 400}, (_, i) => 1 - 1e-5 * i);
    await using(diagonalOperator(cluster), async op => {
      const basis = make(1, 400);
      basis.beginAtRandom(1);
      await grow(basis, new Products(op), 60);
      expect(lossOfOrthogonality(vectors(basis)[0]!)).toBeLessThan(ROUNDING);
      basis.dispose();
    });
  });

  it('give the same as arrays and as tensors, whether the operator multiplies matrices or not', async () => {
    await useEngine(engine);
    // Without the outliers' second copy, which comes into a Krylov space by rounding only.
    await using(diagonalOperator(outliers(500).slice(1)), async op => {
      const seen = async (make: (count: number, size: number) => KrylovBasis, from: MatvecOperator) => {
        const basis = make(2, 499);
        basis.beginAtRandom(3);
        const steps: KrylovStep[] = [];
        const products = new Products(from);
        await grow(basis, products, 20, step => steps.push(step));
        basis.dispose();
        expect(products.count).toBe(40);
        const {scale} = products;
        return steps.flatMap(({coefficients, beta, norm}) =>
          [...coefficients.flat(), ...beta, ...norm].map(x => x * scale),
        );
      };
      const runs = [
        await seen(kinds[0]!.make, op),
        await seen(kinds[1]!.make, op),
        await seen(kinds[0]!.make, withoutMatmat(op)),
      ];
      for (const run of runs) {
        expect(run).toHaveLength(runs[0]!.length);
        expect(Math.max(...run.map((x, i) => Math.abs(x - runs[0]![i]!)))).toBeLessThan(17 * 1e-4);
      }
    });
  });

  it.each(kinds)('give the same numbers again for the same seed: $kind', async ({make}) => {
    await useEngine(engine);
    await using(diagonalOperator(outliers(300)), async op => {
      const run = async (): Promise<KrylovStep[]> => {
        const basis = make(2, 300);
        basis.beginAtRandom(5);
        const steps: KrylovStep[] = [];
        await grow(basis, new Products(op), 15, step => steps.push(step));
        basis.dispose();
        return steps;
      };
      expect(await run()).toEqual(await run());
    });
  });

  it.each(kinds)('continue in a random direction if one of two spaces has ended: $kind', async ({make}) => {
    await useEngine(engine);
    await using(diagonalOperator([2, 2, ...new Array<number>(28).fill(1)]), async op => {
      const basis = make(2, 30);
      const [eigenvector, other] = [new Float32Array(30), new Float32Array(30)];
      eigenvector[5] = 1;
      other.set([0.6, 0, 0.8]);
      basis.beginWith([eigenvector, other]);
      const betas: number[][] = [];
      await grow(basis, new Products(op), 4, ({beta}) => betas.push(beta));
      expect(betas[0]![0]).toBeLessThan(1e-6);
      expect(betas[0]![1]).toBeGreaterThan(0.1);
      for (const Q of vectors(basis)) expect(lossOfOrthogonality(Q)).toBeLessThan(ROUNDING);
      basis.dispose();
    });
  });

  it.each(kinds)('measure Qᵀ A q against the vectors that a rotation has put in their place: $kind', async ({make}) => {
    await useEngine(engine);
    const values = outliers(200);
    await using(diagonalOperator(values), async op => {
      const basis = make(1, 200);
      const products = new Products(op);
      basis.beginAtRandom(2);
      await grow(basis, products, 11);
      const step = await basis.step(products);
      basis.rotate([[0, 3, 7].map(i => Array.from({length: 12}, (_, j) => (j === i ? 0.8 : j === i + 1 ? 0.6 : 0)))]);
      expect(step.beta[0]).toBeGreaterThan(0);
      await basis.follow([false], 0);
      expect(basis.length).toBe(3);
      const Q = vectors(basis)[0]!;
      const q = Q.at(-1)!;
      const {coefficients} = await basis.step(products);
      expect(coefficients[0]).toHaveLength(4);
      coefficients[0]!.forEach((h, i) => {
        const expected = dot(
          Q[i]!,
          q.map((x, j) => x * values[j]!),
        );
        expect(Math.abs(h * products.scale - expected)).toBeLessThan(17 * ROUNDING);
      });
      basis.dispose();
    });
  });

  it.each(kinds)('orthogonalize rows to one of two bases: $kind', async ({make}) => {
    await useEngine(engine);
    await using(diagonalOperator(outliers(100)), async op => {
      const basis = make(2, 100);
      basis.beginAtRandom(2);
      await grow(basis, new Products(op), 20);
      const rows = tf.ones<tf.Rank.R2>([2, 100]);
      const left = await basis.without(1, rows);
      const [first, second] = vectors(basis).map(Q => Q.slice(0, -1).map(q => Math.abs(dot(q, left.arraySync()[1]!))));
      expect(Math.max(...second!)).toBeLessThan(1e-5);
      expect(Math.max(...first!)).toBeGreaterThan(1e-3);
      basis.dispose();
      tf.dispose([rows, left]);
    });
  });

  it.each(kinds)('reject a product that is not finite, and leave nothing behind: $kind', async ({make}) => {
    await useEngine(engine);
    const op: MatvecOperator = {size: 40, matvec: v => tf.tidy(() => tf.div(v, tf.zerosLike(v)))};
    const basis = make(1, 40);
    basis.beginAtRandom(2);
    await expect(basis.step(new Products(op))).rejects.toThrow('not finite');
    basis.dispose();
  });
});

describe('newKrylovBasis', () => {
  it('keeps vectors in JavaScript up to a length that depends on the engine, and longer ones on the engine', async () => {
    const kindOf = (size: number) => {
      const basis = newKrylovBasis(1, size);
      basis.dispose();
      return basis.constructor;
    };
    await useEngine('cpu');
    expect([650, 27_562, 100_000].map(kindOf)).toEqual([NumberKrylovBasis, NumberKrylovBasis, EngineKrylovBasis]);
    const getBackend = vi.spyOn(tf.engine(), 'backendName', 'get').mockReturnValue('webgl');
    expect([650, 27_562].map(kindOf)).toEqual([NumberKrylovBasis, EngineKrylovBasis]);
    getBackend.mockRestore();
  });
});
