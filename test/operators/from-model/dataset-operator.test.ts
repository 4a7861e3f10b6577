import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {lossSurface} from '../../../src/estimators/loss-surface.js';
import {trace} from '../../../src/estimators/trace.js';
import type {Progress} from '../../../src/long-work.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {Disposable} from '../../../src/owned.js';
import {engines, useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';

describe.each(engines)('an operator over a data set on %s', engine => {
  let model: LayersModel;
  let x: tf.Tensor2D;
  let y: tf.Tensor2D;
  let batches: {x: tf.Tensor; y: tf.Tensor}[];

  beforeAll(() => useEngine(engine));
  beforeEach(() => {
    model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [3], activation: 'tanh', name: 'first'}),
        tfl.layers.dense({units: 2, name: 'second'}),
      ],
    });
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    x = tf.randomNormal([10, 3], 0, 1, 'float32', 1);
    y = tf.randomNormal([10, 2], 0, 1, 'float32', 2);
    // Of unequal sizes.
    batches = [
      [0, 3],
      [3, 6],
      [9, 1],
    ].map(([from, size]) => ({x: tf.slice(x, [from!, 0], [size!, 3]), y: tf.slice(y, [from!, 0], [size!, 2])}));
  });

  it.each([
    ['Hessian', hessian],
    ['Gauss–Newton matrix', gaussNewton],
  ] as const)('is the %s of all samples at once', async (_name, operator) => {
    const whole = await operator(model, {x, y});
    const parts = await operator(model, batches);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(relativeError(parts.gradient().dataSync(), whole.gradient().dataSync())).toBeLessThan(1e-6);
    const V = tf.randomNormal<tf.Rank.R2>([whole.size, 2], 0, 1, 'float32', 3);
    expect(relativeError(parts.matmat(V).dataSync(), whole.matmat(V).dataSync())).toBeLessThan(2e-6);
    const v = tf.ones<tf.Rank.R1>([16]);
    const [a, b] = [parts, whole].map(op => op.block('first').matvec(v).dataSync());
    expect(relativeError(a!, b!)).toBeLessThan(2e-6);
  });

  it('reads what tf.data and fitDataset accept, and uses as many batches as requested', async () => {
    const dataset = {
      iterator: () => {
        const left = batches.map(batch => ({xs: batch.x.clone(), ys: batch.y.clone()}));
        return Promise.resolve({
          next: () => Promise.resolve(left.length > 0 ? {value: left.shift(), done: false} : {value: null, done: true}),
        });
      },
    };
    async function* stream() {
      yield* batches;
    }
    const all = (await hessian(model, batches)).loss;
    expect((await hessian(model, dataset)).loss).toBe(all);
    expect((await hessian(model, stream())).loss).toBe(all);
    expect((await hessian(model, batches, {batches: 1})).loss).toBe((await hessian(model, batches[0]!)).loss);
  });

  it('keeps the weights it was made with, and does not change those of training', async () => {
    const H = await hessian(model, batches);
    const v = tf.ones<tf.Rank.R1>([H.size]);
    const before = H.matvec(v).dataSync();
    await model.fit(x, y, {epochs: 2, verbose: 0});
    const trained = model.getWeights().map(weight => weight.dataSync());
    expect(H.matvec(v).dataSync()).toEqual(before);
    expect(model.getWeights().map(weight => weight.dataSync())).toEqual(trained);
  });

  it('reports the progress of making it, and takes no product after an abort', async () => {
    const progress: Progress[] = [];
    const controller = new AbortController();
    const {signal} = controller;
    const H = await hessian(model, batches, {onProgress: p => progress.push(p), signal, memoryLimit: 0});
    expect(progress.map(({done, total}) => [done, total])).toEqual([1, 2, 3].map(done => [done, 3]));
    const v = tf.ones<tf.Rank.R1>([H.size]);
    H.matvec(v).dispose();
    expect(progress).toHaveLength(3);
    const tensors = tf.memory().numTensors;
    controller.abort(new Error('enough'));
    expect(() => H.matvec(v)).toThrow('enough');
    await expect(hessian(model, batches, {signal: controller.signal})).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  describe('with a memory limit', () => {
    /** Products of all kinds, twice: the first ones make factors, which are kept. */
    const productsOf = (H: Awaited<ReturnType<typeof hessian>>) =>
      [0, 1].flatMap(() =>
        tf.tidy(() => [
          H.matvec(tf.randomNormal([H.size], 0, 1, 'float32', 4)).dataSync(),
          H.matmat(tf.randomNormal([H.size, 3], 0, 1, 'float32', 5)).dataSync(),
          H.block('second')
            .matvec(tf.randomNormal([10], 0, 1, 'float32', 6))
            .dataSync(),
        ]),
      );
    const bytesDuring = async (memoryLimit: number) => {
      const before = tf.memory().numBytes;
      const H = await hessian(model, batches, {memoryLimit});
      productsOf(H);
      const held = tf.memory().numBytes - before;
      H.dispose();
      return held;
    };

    it.each([
      ['Hessian', hessian],
      ['Gauss–Newton matrix', gaussNewton],
    ] as const)('is the same %s, bit for bit, with any limit', async (_name, operator) => {
      const found: unknown[] = [];
      for (const memoryLimit of [undefined, 0, 1500, Number.POSITIVE_INFINITY]) {
        const H = await operator(model, batches, memoryLimit === undefined ? {} : {memoryLimit});
        found.push([H.loss, H.gradient().dataSync(), productsOf(H)]);
        H.dispose();
      }
      for (const other of found.slice(1)) expect(other).toEqual(found[0]);
    });

    it('keeps no more than the limit', async () => {
      const nothing = await bytesDuring(0);
      const all = await bytesDuring(Number.POSITIVE_INFINITY);
      expect(all).toBeGreaterThan(nothing);
      const room = Math.floor((all - nothing) * 0.7);
      const some = await bytesDuring(room);
      expect(some).toBeGreaterThan(nothing);
      expect(some - nothing).toBeLessThanOrEqual(room);
    });

    it('linearizes a batch that is kept only once', async () => {
      const cost = async (memoryLimit: number) => {
        const H = await hessian(model, batches, {memoryLimit});
        const before = H.gradientPasses;
        tf.tidy(() => void H.matvec(tf.ones([H.size])));
        const passes = H.gradientPasses - before;
        H.dispose();
        return passes;
      };
      expect(await cost(Number.POSITIVE_INFINITY)).toBeCloseTo(1, 10);
      expect(await cost(0)).toBeCloseTo(3, 10);
    });

    it.each([0, Number.POSITIVE_INFINITY])(
      'frees everything after an abort, a failure or disposal (limit %s)',
      async memoryLimit => {
        const before = tf.memory().numTensors;
        // Three calls while it is made, three in the product of two columns.
        for (const at of [1, 2, 3, 4, 5, 6]) {
          // An abort in the last call comes too late.
          for (const end of at < 6 ? (['abort', 'throw'] as const) : (['throw'] as const)) {
            const controller = new AbortController();
            let calls = 0;
            const onProgress = () => {
              calls++;
              if (calls !== at) return;
              if (end === 'throw') throw new Error('the reader fails');
              controller.abort(new Error('enough'));
            };
            let H: Disposable | null = null;
            const use = async () => {
              const operator = await hessian(model, batches, {signal: controller.signal, onProgress, memoryLimit});
              H = operator;
              await trace(operator, {probes: 2, onProgress});
            };
            await expect(use()).rejects.toThrow(end === 'abort' ? 'enough' : 'the reader fails');
            (H as Disposable | null)?.dispose();
            expect(tf.memory().numTensors).toBe(before);
          }
        }
      },
    );

    it('frees the linearizations in the first product after an abort, before it is disposed of', async () => {
      const controller = new AbortController();
      const H = await hessian(model, batches, {signal: controller.signal});
      const kept = tf.memory().numTensors;
      controller.abort(new Error('enough'));
      expect(() => tf.tidy(() => H.matvec(tf.ones([H.size])))).toThrow('enough');
      expect(tf.memory().numTensors).toBeLessThan(kept);
      H.dispose();
    });
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const H = await hessian(model, batches);
    tf.tidy(() => void H.matvec(tf.ones([H.size])));
    H.dispose();
    await expect(hessian(model, [])).rejects.toThrow(InvalidArgumentError);
    await expect(hessian(model, [{x: tf.tidy(() => x)} as never])).rejects.toThrow(/yields batches/);
    function* samples() {
      yield {xs: x, ys: y};
    }
    for (const work of [hessian, gaussNewton, lossSurface]) {
      await expect(work(model, samples as never)).rejects.toThrow(
        /^The data are the generator function samples; .* a data set\. Call a generator f .* tf\.data\.generator\(f\)\.batch\(32\)/,
      );
    }
    await expect(hessian(model, batches, {batches: 0})).rejects.toThrow(/batches is 0/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
