import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {lower} from '../../src/native/lower.js';
import {simplified} from '../../src/native/simplify.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../engines.js';

describe('simplifying a function of TensorFlow ops', () => {
  beforeAll(() => useEngine('native'));

  const opsOf = (x: tf.Tensor, body: () => tf.Tensor): string[] => {
    const backend = nativeBackend()!;
    const {lowered} = lower(backend, [x], () => [body()]);
    const {graph, constants} = simplified(lowered!, backend.binding);
    constants.release();
    return graph.nodes.map(({op}) => op.name);
  };

  it('removes transpositions that change no axis, but no others', () => {
    const x = tf.ones([2, 3]);
    const transposed = (order: number[]) => opsOf(x, () => tf.exp(tf.transpose(tf.abs(x), order)));
    expect(transposed([0, 1])).toEqual(['Abs', 'Exp']);
    expect(transposed([1, 0])).toEqual(['Abs', 'Transpose', 'Exp']);
  });

  it('removes repetitions that repeat nothing, but no others', () => {
    const x = tf.ones([2, 3]);
    const tiled = (counts: number[]) => opsOf(x, () => tf.exp(tf.tile(tf.abs(x), counts)));
    expect(tiled([1, 1])).toEqual(['Abs', 'Exp']);
    expect(tiled([1, 2])).toEqual(['Abs', 'Tile', 'Exp']);
  });

  it('computes only once what is computed twice, but draws twice what is drawn twice', () => {
    const x = tf.ones([2, 3]);
    expect(opsOf(x, () => tf.add(tf.exp(x), tf.exp(x)))).toEqual(['Exp', 'Add']);
    expect(opsOf(x, () => tf.add(tf.sum(x, 0), tf.sum(x, 1, true)))).toEqual(['Sum', 'Sum', 'Add']);
    const drawn = () => tf.add(tf.multinomial(x as tf.Tensor2D, 3, 7), tf.multinomial(x as tf.Tensor2D, 3, 7));
    expect(opsOf(x, drawn).filter(name => name === 'Multinomial')).toHaveLength(2);
  });
});
