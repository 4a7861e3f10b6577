import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {traceOps} from '../../src/native/trace.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
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
});
