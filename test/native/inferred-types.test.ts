import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CompiledFunction} from '../../src/kernels/compiled-function.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {collectWarnings} from '../collect-warnings.js';
import {useEngine} from '../engines.js';

beforeAll(() => useEngine('native'));

/** TensorFlow.js casts the operand to floats and gives the op the type from before. */
describe('an op whose data type TensorFlow infers from its operand is loaded in a graph', () => {
  const warnings = collectWarnings();

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['the mean of truth values, which binary accuracy takes', x => tf.mean(tf.greater(x, 0), -1)],
    ['the mean of integers', x => tf.mean(tf.argMax(tf.reshape(x, [2, 3, 2]), -1), -1)],
    ['the mean of floats', x => tf.mean(x, 0)],
    ['expandDims', x => tf.expandDims(tf.square(x), 1)],
  ])('%s', (_, f) => {
    const x = tf.randomNormal([3, 4], 0, 1, 'float32', 1);
    const fn = new CompiledFunction('at once');
    const calls: number[] = [];
    const body = () => {
      calls.push(1);
      return [tf.tidy(() => f(x))];
    };
    const plain = body()[0]!.dataSync();
    for (let i = 0; i < 3; i++) expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
    // The plain call, and the one that is recorded.
    expect(calls).toHaveLength(2);
    expect(warnings).toEqual([]);
    expect(nativeBackend()).not.toBeNull();
    fn.dispose();
    x.dispose();
  });
});
