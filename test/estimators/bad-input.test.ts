import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {diagonal, diagonalSquares} from '../../src/estimators/diagonal.js';
import {eigenspace} from '../../src/estimators/eigenspace.js';
import {eigenvalues} from '../../src/estimators/eigenvalues.js';
import {frobeniusNorm} from '../../src/estimators/frobenius.js';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {spectrum} from '../../src/estimators/spectrum.js';
import {type TraceMethod, trace} from '../../src/estimators/trace.js';
import type {MatvecOperator} from '../../src/operators/linear-operator.js';
import {onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

const ESTIMATORS: readonly {readonly name: string; readonly run: (op: MatvecOperator) => Promise<unknown>}[] = [
  {name: 'trace by hutchinson', run: op => trace(op)},
  {name: 'trace by hutch++', run: op => trace(op, {method: 'hutch++'})},
  {name: 'trace by xtrace', run: op => trace(op, {method: 'xtrace'})},
  {name: 'diagonal', run: op => diagonal(op)},
  {name: 'diagonalSquares', run: op => diagonalSquares(op)},
  {name: 'frobeniusNorm', run: op => frobeniusNorm(op)},
  {name: 'eigenvalues', run: op => eigenvalues(op, {k: 2})},
  {name: 'all eigenvalues', run: op => eigenvalues(op, {k: op?.size ?? 1})},
  {name: 'eigenspace', run: op => eigenspace(op, {k: 2})},
  {name: 'spectralDensity', run: op => spectralDensity(op, {steps: 8, probes: 2})},
  {name: 'spectrum', run: op => spectrum(op, {steps: 8, probes: 2})},
  {name: 'spectrum of a small operator', run: op => spectrum(op, {steps: 100})},
];

const SIZE = 40;

describe.each(ESTIMATORS)('$name', ({name, run}) => {
  it.each([
    {what: 'too short a product', product: () => tf.zeros([SIZE - 1]), message: `shape [${SIZE - 1}]`},
    {what: 'a product of another rank', product: () => tf.zeros([SIZE, 1]), message: `shape [${SIZE}, 1]`},
    {what: 'no tensor', product: () => undefined, message: 'undefined'},
    {what: 'a promise', product: () => Promise.resolve(null), message: 'a promise'},
  ])('refuses $what', async ({product, message}) => {
    const op = {size: SIZE, matvec: product} as unknown as MatvecOperator;
    const failure = run(op);
    await expect(failure).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(failure).rejects.toThrow(message);
  });

  it.each([
    {what: 'NaN', value: Number.NaN},
    {what: 'Infinity', value: Number.POSITIVE_INFINITY},
  ])('refuses a product with $what in it, in the first product and in a later one', async ({value}) => {
    for (const from of [1, 5]) {
      let calls = 0;
      const op: MatvecOperator = {
        size: SIZE,
        matvec: v => {
          const factors = Array.from({length: SIZE}, (_, i) =>
            ++calls >= 0 && i === 7 && calls > from * SIZE ? value : 1 + i,
          );
          return tf.tidy(() => tf.mul(tf.tensor1d(factors), v));
        },
      };
      const failure = run(op);
      await expect(failure).rejects.toBeInstanceOf(InvalidArgumentError);
      await expect(failure).rejects.toThrow('not finite');
    }
  });

  // eigenvalues multiplies with one vector at a time.
  if (name !== 'eigenvalues')
    it('refuses a matmat whose product has the wrong shape', async () => {
      const op: MatvecOperator = {
        size: SIZE,
        matvec: v => tf.mul(v, 2),
        matmat: V => tf.transpose(V) as tf.Tensor2D,
      };
      const failure = run(op);
      await expect(failure.then(dispose)).rejects.toThrow('matmat');
    });

  it('passes on what the operator throws', async () => {
    for (const at of [1, 4]) {
      let calls = 0;
      const op: MatvecOperator = {
        size: SIZE,
        matvec: v => {
          if (++calls === at) throw new RangeError('no batch');
          return tf.tidy(() => tf.mul(v, tf.linspace(1, 2, SIZE)));
        },
      };
      await expect(run(op)).rejects.toThrow(RangeError);
    }
  });

  it.each([
    {what: 'no matvec', op: {size: 3}, message: 'no matvec'},
    {what: 'no object', op: null, message: 'no matvec'},
    {what: 'a size of 0', op: {size: 0, matvec: () => tf.zeros([0])}, message: 'size is 0'},
    {what: 'a fraction for a size', op: {size: 2.5, matvec: () => tf.zeros([2])}, message: 'size is 2.5'},
  ])('refuses an operator with $what', async ({op, message}) => {
    const failure = (async () => run(op as unknown as MatvecOperator))();
    await expect(failure).rejects.toThrow(message);
  });

  it('takes an operator that returns its argument, and one that returns integers', async () => {
    await expect(run({size: SIZE, matvec: v => v}).then(dispose)).resolves.toBeUndefined();
    await expect(
      run({size: SIZE, matvec: v => tf.cast(v, 'int32') as tf.Tensor1D}).then(dispose),
    ).resolves.toBeUndefined();
  });

  it('disposes of tensors that an operator leaves behind', async () => {
    await run({size: SIZE, matvec: v => tf.mul(tf.mul(v, 2), tf.linspace(0, 1, SIZE)) as tf.Tensor1D}).then(dispose);
  });
});

function dispose(result: unknown): void {
  for (const value of Object.values(result as object)) if (value instanceof tf.Tensor) value.dispose();
}

describe('options out of range', () => {
  type Case = readonly [string, (op: MatvecOperator) => Promise<unknown>];
  const cases: readonly Case[] = [
    ['probes is 0', op => trace(op, {probes: 0})],
    ['probes is 2.5', op => trace(op, {probes: 2.5})],
    ['probes is NaN', op => trace(op, {probes: Number.NaN})],
    ['method is "lucky"', op => trace(op, {method: 'lucky' as TraceMethod})],
    ['tolerance is 0', op => trace(op, {tolerance: 0})],
    ['maxProbes is 3', op => trace(op, {maxProbes: 3})],
    ['seed is NaN', op => trace(op, {seed: Number.NaN})],
    ['probes is -1', op => diagonal(op, {probes: -1})],
    ['probes is 1', op => diagonalSquares(op, {probes: 1})],
    ['probes is 0', op => frobeniusNorm(op, {probes: 0})],
    ['k is 0', op => eigenvalues(op, {k: 0})],
    ['k is 41, but the operator has only 40 dimensions', op => eigenvalues(op, {k: 41})],
    ['which is "best"', op => eigenvalues(op, {which: 'best' as 'largest'})],
    ['tolerance is -1', op => eigenvalues(op, {tolerance: -1})],
    ['maxSteps is 2', op => eigenvalues(op, {k: 3, maxSteps: 2})],
    ['k is 41', op => eigenspace(op, {k: 41})],
    ['oversampling is -1', op => eigenspace(op, {k: 1, oversampling: -1})],
    ['steps is 0', op => spectralDensity(op, {steps: 0})],
    ['probes is 0', op => spectralDensity(op, {probes: 0})],
    ['probes is 0', op => spectrum(op, {probes: 0})],
    ['k is 41', op => spectrum(op, {k: 41})],
    ['k is 5, but', op => spectrum(op, {steps: 4, k: 5})],
  ];

  it.each(cases)('are refused before any product: %s', async (message, run) => {
    await using(withSpectrum(SPECTRA.uniform(SIZE)), async op => {
      const failure = run(op);
      await expect(failure).rejects.toBeInstanceOf(InvalidArgumentError);
      await expect(failure).rejects.toThrow(message);
      expect(op.products).toBe(0);
    });
  });
});
