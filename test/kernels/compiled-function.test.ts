import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CompiledFunction} from '../../src/kernels/compiled-function.js';
import {useEngine} from '../engines.js';

describe.each(['native', 'wasm', 'cpu'] as const)('a compiled function on engine "%s"', engine => {
  beforeAll(() => useEngine(engine));

  it('gives the same bits in every call and leaks no tensors', () => {
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 2, 4], 0, 1, 'float32', 1);
    const body = (x: tf.Tensor) =>
      tf.tidy(() => {
        const y = tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, filter, [1, 2], 'same'), 0.3);
        const parts = tf.split(y, [1, 3], 3);
        const chosen = tf.where(tf.greater(parts[1]!, 0), parts[1]!, tf.fill(parts[1]!.shape, -2.5));
        const pooled = tf.maxPool(chosen as tf.Tensor4D, 2, 2, 'valid');
        const gathered = tf.gather(pooled, tf.tensor1d([1, 0], 'int32'), 3);
        const turned = tf.transpose(
          tf.pad(gathered, [
            [0, 0],
            [1, 0],
            [0, 0],
            [0, 0],
          ]),
          [0, 3, 1, 2],
        );
        return tf.matMul(tf.cumsum(turned, 3), turned, false, true).mean([1]).argMax(1).cast('float32');
      });
    const fn = new CompiledFunction();
    const x = tf.randomNormal([2, 6, 8, 2], 0, 1, 'float32', 2);
    const tensors = tf.memory().numTensors;
    const plain = body(x).dataSync();
    for (let i = 0; i < 40; i++) expect(fn.call([x], () => [body(x)])[0]!.dataSync()).toEqual(plain);
    fn.dispose();
    expect(tf.memory().numTensors).toBe(tensors + 41);
  });

  it('runs uncompiled while another engine is set', async () => {
    const fn = new CompiledFunction();
    const square = (x: tf.Tensor) => fn.call([x], () => [tf.square(x)])[0]!.dataSync()[0];
    for (let i = 0; i < 3; i++) expect(square(tf.scalar(3))).toBe(9);
    await useEngine(engine === 'cpu' ? 'wasm' : 'cpu');
    expect(square(tf.scalar(4))).toBe(16);
    await useEngine(engine);
    expect(square(tf.scalar(5))).toBe(25);
    fn.dispose();
  });

  it('may call another compiled function', () => {
    const [inner, outer] = [new CompiledFunction(), new CompiledFunction()];
    const x = tf.tensor1d([1, 2]);
    const square = () => inner.call([x], () => [tf.square(x)])[0]!;
    for (let i = 0; i < 4; i++) {
      expect([...outer.call([x], () => [tf.add(square(), 1)])[0]!.dataSync()]).toEqual([2, 5]);
    }
    for (const fn of [inner, outer]) fn.dispose();
  });
});
