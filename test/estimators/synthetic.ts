import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {Matrix, QrDecomposition} from 'ml-matrix';
import {afterEach, beforeAll, beforeEach, expect} from 'vitest';
import type {Estimate} from '../../src/metrics/records.js';
import type {LayerSlice, MatvecOperator, NetworkOperator} from '../../src/operators/linear-operator.js';
import {probeVector} from '../../src/random.js';

/** An operator that counts its products and owns its matrix. */
export interface Synthetic extends MatvecOperator {
  /** The matrix in float64. */
  readonly matrix: Matrix;
  /** Vectors multiplied so far. */
  readonly products: number;
  matmat(V: tf.Tensor2D): tf.Tensor2D;
  dispose(): void;
}

/** The operator of a symmetric matrix given in float64. */
export function denseOperator(matrix: Matrix): Synthetic {
  const size = matrix.rows;
  const tensor = tf.tensor2d(Float32Array.from(matrix.to1DArray()), [size, size]);
  let products = 0;
  return {
    size,
    matrix,
    get products() {
      return products;
    },
    matvec(v) {
      products += 1;
      return tf.tidy(() => tf.reshape(tf.matMul(tensor, tf.reshape(v, [size, 1])), [size]) as tf.Tensor1D);
    },
    matmat(V) {
      products += V.shape[1];
      return tf.matMul(tensor, V);
    },
    dispose: () => tensor.dispose(),
  };
}

/** A random orthogonal matrix. */
export function randomOrthogonal(size: number, seed: number): Matrix {
  return new QrDecomposition(Matrix.from1DArray(size, size, [...probeVector(seed, 99, size * size, 'gaussian')]))
    .orthogonalMatrix;
}

/** Q diag(values) Qᵀ with a random orthogonal Q. */
export function withSpectrum(values: readonly number[], seed = 1): Synthetic {
  const Q = randomOrthogonal(values.length, seed);
  const A = Q.mmul(Matrix.diag([...values])).mmul(Q.transpose());
  return denseOperator(A.clone().add(A.transpose()).mul(0.5));
}

/** diag(values): any size, cheap. */
export function diagonalOperator(
  values: readonly number[],
): MatvecOperator & {readonly products: number; dispose(): void} {
  const diagonal = tf.tensor1d([...values]);
  let products = 0;
  return {
    size: values.length,
    get products() {
      return products;
    },
    matvec(v) {
      products += 1;
      return tf.mul(diagonal, v);
    },
    dispose: () => diagonal.dispose(),
  };
}

/** The same operator without `matmat`. */
export function withoutMatmat(op: MatvecOperator): MatvecOperator {
  return {size: op.size, matvec: v => op.matvec(v)};
}

/** Shapes of spectra that Hessians of networks have. */
export const SPECTRA = {
  /** A bulk around zero and ten outliers. */
  outliers: (n: number) =>
    Array.from({length: n}, (_, i) => (i < 10 ? 10 - 0.7 * i : 0.6 * Math.sin(7.1 * i) * Math.cos(i))),
  /** Evenly spread over [−1, 2]. */
  uniform: (n: number) => Array.from({length: n}, (_, i) => -1 + (3 * i) / (n - 1)),
  /** i^−1. */
  slowDecay: (n: number) => Array.from({length: n}, (_, i) => 1 / (i + 1)),
  /** i^−2. */
  fastDecay: (n: number) => Array.from({length: n}, (_, i) => 1 / (i + 1) ** 2),
  /** 0.7^i. */
  exponential: (n: number) => Array.from({length: n}, (_, i) => 0.7 ** i),
} as const;

/** The distance from `value` to the nearest of `spectrum`. */
export function distanceTo(spectrum: readonly number[], value: number): number {
  return spectrum.reduce((least, x) => Math.min(least, Math.abs(x - value)), Number.POSITIVE_INFINITY);
}

/** A network whose layers are the given blocks, with a coupling matrix of small entries between them. */
export function blockNetwork(
  blocks: readonly {readonly name: string; readonly matrix: Matrix}[],
  coupling = 0,
): NetworkOperator & {
  readonly products: number;
} {
  const size = blocks.reduce((sum, {matrix}) => sum + matrix.rows, 0);
  const whole = Matrix.zeros(size, size);
  const layers: LayerSlice[] = [];
  const operators = new Map<string, Synthetic>();
  let offset = 0;
  blocks.forEach(({name, matrix}, index) => {
    whole.setSubMatrix(matrix, offset, offset);
    layers.push({name, index, className: 'Dense', offset, size: matrix.rows, weights: []});
    operators.set(name, denseOperator(matrix));
    offset += matrix.rows;
  });
  if (coupling > 0) {
    const noise = Matrix.from1DArray(size, size, [...probeVector(5, 5, size * size, 'gaussian')]);
    const owner = layers.flatMap(({index, size: n}) => new Array<number>(n).fill(index));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) {
        if (owner[i] === owner[j]) continue;
        whole.set(i, j, coupling * noise.get(i, j));
        whole.set(j, i, coupling * noise.get(i, j));
      }
    }
  }
  const full = denseOperator(whole);
  return {
    size,
    loss: 0,
    layers,
    get products() {
      return full.products + [...operators.values()].reduce((sum, op) => sum + op.products, 0);
    },
    matvec: v => full.matvec(v),
    matmat: V => full.matmat(V),
    block: name => operators.get(name as string)!,
    gradient: () => tf.zeros([size]),
    dispose: () => {
      full.dispose();
      for (const op of operators.values()) op.dispose();
    },
  };
}

/** Runs a file's tests on the plain JavaScript backend. */
export function useCpu(): void {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
}

/** Runs a file's tests on the plain JavaScript backend, and fails those that leave tensors behind. */
export function onCpuWithoutLeaks(): void {
  let before = 0;
  useCpu();
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors - before, 'tensors left behind').toBe(0);
  });
}

/** Uses an operator, and disposes of it. */
export async function using<O extends {dispose(): void}, T>(op: O, use: (op: O) => Promise<T>): Promise<T> {
  try {
    return await use(op);
  } finally {
    op.dispose();
  }
}

/** The share of seeds 1 … `seeds` whose interval `value ± 1.96 standardError` has `truth` in it. */
export async function coverage(
  truth: number,
  seeds: number,
  run: (seed: number) => Promise<Estimate>,
): Promise<number> {
  let covered = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const {value, standardError} = await run(seed);
    if (Math.abs(value - truth) <= 1.96 * standardError!) covered++;
  }
  return covered / seeds;
}

export const sum = (values: readonly number[]): number => values.reduce((s, x) => s + x, 0);
