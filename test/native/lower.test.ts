import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {lower} from '../../src/native/lower.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../engines.js';

const backend = () => nativeBackend()!;
const nativeTensors = () => (backend().binding as unknown as {getNumOfTensors(): number}).getNumOfTensors();

describe('lowering to TensorFlow ops', () => {
  beforeAll(() => useEngine('native'));

  it('returns the ops of a function and their constants', () => {
    const [x, held] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const {outputs, lowered} = lower(backend(), [x], () => [tf.reshape(tf.mul(x, held), [2, 1])]);
    expect([...outputs[0]!.dataSync()]).toEqual([3, 8]);
    expect(lowered!.graph.nodes.map(({op}) => op.name)).toEqual(['Mul', 'Reshape']);
    expect(lowered!.graph.inputs).toHaveLength(1);
    // The factor and the shape.
    expect(lowered!.graph.constants.map(({literal}) => literal)).toEqual([undefined, [2, 1]]);
    const before = nativeTensors();
    lowered!.constants.release();
    // The shape is owned, the held tensor is not.
    expect(nativeTensors()).toBe(before - 1);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['reads numbers that depend on its input', x => tf.mul(x, x.dataSync()[0]!)],
    ['does not depend on its input', () => tf.add(tf.tensor1d([1]), 1)],
    ['returns its input', x => tf.clone(x)],
  ])('does not lower a function that %s', (_, body) => {
    const x = tf.tensor1d([1, 2]);
    const before = nativeTensors();
    tf.tidy(() => {
      expect(lower(backend(), [x], () => [body(x)]).lowered).toBeNull();
    });
    // x itself is on the engine now.
    expect(nativeTensors()).toBe(before + 1);
  });

  it('lets a function read constants', () => {
    const [x, indices] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 0], 'int32')];
    const {lowered} = lower(backend(), [x], () => [tf.gather(tf.mul(x, indices.dataSync()[0]!), indices)]);
    expect(lowered!.graph.nodes.map(({op}) => op.name)).toContain('GatherV2');
  });

  it('lowers a gather by indices that are an input, but no numbers that JavaScript reads after it', () => {
    const [x, indices] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 0], 'int32')];
    const gather = () => tf.gather(x, indices);
    expect(lower(backend(), [x, indices], () => [gather()]).lowered).not.toBeNull();
    expect(lower(backend(), [x, indices], () => [tf.mul(gather(), indices.dataSync()[0]!)]).lowered).toBeNull();
  });

  it('does not lower a function whose two inputs are one tensor', () => {
    const x = tf.tensor1d([1, 2]);
    expect(lower(backend(), [x, x], () => [tf.add(x, x)]).lowered).toBeNull();
  });

  it('treats a tensor that is made once and kept as a constant', () => {
    const x = tf.tensor1d([1, 2]);
    let kept: tf.Tensor | undefined;
    const body = () => {
      kept ??= tf.tidy(() => tf.keep(tf.exp(tf.tensor1d([0, 0]))));
      return [tf.mul(x, kept)];
    };
    const {lowered} = lower(backend(), [x], body);
    expect(lowered!.graph.nodes.map(({op}) => op.name)).toEqual(['Mul']);
    expect(lowered!.graph.constants).toContain(lowered!.graph.nodes[0]!.inputs[1]);
  });

  it('restores the backend if the function throws', () => {
    const {binding} = backend();
    const x = tf.tensor1d([1, 2]);
    const before = nativeTensors();
    expect(() =>
      lower(backend(), [x], () =>
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
