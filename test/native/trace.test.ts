import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {nativeBackend} from '../../src/native/backend.js';
import {CompiledFunction} from '../../src/native/compiled.js';
import {traceOps} from '../../src/native/trace.js';
import {useEngine} from '../engines.js';

const backend = () => nativeBackend()!;
const nativeTensors = () => (backend().binding as unknown as {getNumOfTensors(): number}).getNumOfTensors();

describe('tracing on the native engine', () => {
  beforeAll(() => useEngine('native'));

  it('writes down the ops of a function, and which constants they read', () => {
    const [x, held] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const {outputs, ops} = traceOps(backend(), [x], () => [tf.reshape(tf.mul(x, held), [2, 1])]);
    expect([...outputs[0]!.dataSync()]).toEqual([3, 8]);
    expect(ops!.ops.map(({name}) => name)).toEqual(['Mul', 'Reshape']);
    expect(ops!.inputs).toHaveLength(1);
    // What was multiplied with, and the shape.
    expect([...ops!.constants.values()].map(({owned, words}) => [owned, words])).toEqual([
      [false, undefined],
      [true, [2, 1]],
    ]);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['reads numbers back that depend on its input', x => tf.mul(x, x.dataSync()[0]!)],
    ['does not depend on its input', () => tf.add(tf.tensor1d([1]), 1)],
    ['gives its input back', x => tf.clone(x)],
  ])('tells nothing of a function that %s', (_, body) => {
    const x = tf.tensor1d([1, 2]);
    const before = nativeTensors();
    tf.tidy(() => {
      expect(traceOps(backend(), [x], () => [body(x)]).ops).toBeNull();
    });
    // x itself has been handed over.
    expect(nativeTensors()).toBe(before + 1);
  });

  it('lets a function read constants', () => {
    const [x, indices] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 0], 'int32')];
    const {ops} = traceOps(backend(), [x], () => [tf.gather(tf.mul(x, indices.dataSync()[0]!), indices)]);
    expect(ops!.ops.map(({name}) => name)).toContain('GatherV2');
  });

  it('tells nothing of a function whose two inputs are one tensor', () => {
    const x = tf.tensor1d([1, 2]);
    expect(traceOps(backend(), [x, x], () => [tf.add(x, x)]).ops).toBeNull();
  });

  it('takes what is made once and kept for a constant', () => {
    const x = tf.tensor1d([1, 2]);
    let kept: tf.Tensor | undefined;
    const body = () => {
      kept ??= tf.tidy(() => tf.keep(tf.exp(tf.tensor1d([0, 0]))));
      return [tf.mul(x, kept)];
    };
    const {ops} = traceOps(backend(), [x], body);
    expect(ops!.ops.filter(({name}) => name === 'Exp')).toHaveLength(1);
    const [exp] = ops!.ops.find(({name}) => name === 'Exp')!.outputs;
    expect(ops!.constants.get(exp!)).toMatchObject({owned: false});
  });

  it('leaves the backend as it was, also when the function throws', () => {
    const {binding} = backend();
    const x = tf.tensor1d([1, 2]);
    const before = nativeTensors();
    expect(() =>
      traceOps(backend(), [x], () =>
        tf.tidy(() => {
          tf.reshape(x, [2, 1]);
          throw new Error('not today');
        }),
      ),
    ).toThrow('not today');
    expect(backend().binding).toBe(binding);
    expect(Object.hasOwn(backend(), 'getInputTensorIds')).toBe(false);
    expect(nativeTensors()).toBe(before + 1);
  });

  it('takes a function that is compiled itself as it is', () => {
    const [inner, outer] = [new CompiledFunction(), new CompiledFunction()];
    const x = tf.tensor1d([1, 2]);
    const square = () => inner.call([x], () => [tf.square(x)])[0]!;
    for (let i = 0; i < 4; i++) {
      expect([...outer.call([x], () => [tf.add(square(), 1)])[0]!.dataSync()]).toEqual([2, 5]);
    }
    for (const fn of [inner, outer]) fn.dispose();
  });
});

describe('a compiled function', () => {
  beforeAll(() => useEngine('native'));

  it('gives the same whichever kinds of attributes its ops have', () => {
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
        return tf.matMul(tf.cumsum(turned, -1), turned, false, true).mean([1]).argMax(1).cast('float32');
      });
    const fn = new CompiledFunction();
    const x = tf.randomNormal([2, 6, 8, 2], 0, 1, 'float32', 2);
    const tensors = tf.memory().numTensors;
    const plain = body(x).dataSync();
    for (let i = 0; i < 40; i++) expect(fn.call([x], () => [body(x)])[0]!.dataSync()).toEqual(plain);
    fn.dispose();
    expect(tf.memory().numTensors).toBe(tensors + 41);
  });

  it('goes on as it was when another engine is used', async () => {
    const fn = new CompiledFunction();
    const square = (x: tf.Tensor) => fn.call([x], () => [tf.square(x)])[0]!.dataSync()[0];
    for (let i = 0; i < 3; i++) expect(square(tf.scalar(3))).toBe(9);
    await useEngine('cpu');
    expect(square(tf.scalar(4))).toBe(16);
    await useEngine('native');
    expect(square(tf.scalar(5))).toBe(25);
    fn.dispose();
  });
});
