import * as tf from '@tensorflow/tfjs-core';
// With it come TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {withRightGradients} from '../../../src/autodiff/gradients/right-gradients.js';
import type {EngineName} from '../../engines.js';
import {engines, useEngine} from '../../engines.js';
import {correctedSamples, expectRightGradient, isRunBy} from './samples.js';

describe.each<EngineName>([...engines, 'wasm'])('with right gradients, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each(correctedSamples.filter(sample => isRunBy(sample, engine)))(
    'the gradient of $name agrees with finite differences',
    sample => expectRightGradient(sample),
  );

  it('has the same bits as TensorFlow.js if no elements tie for a maximum or minimum', () => {
    tf.tidy(() => {
      const x = tf.randomNormal([4, 7, 3], 0, 1, 'float32', 1);
      const dy = tf.randomNormal([4, 3], 0, 1, 'float32', 2);
      for (const op of [tf.max, tf.min]) {
        const gradient = () => [
          ...tf
            .grad(z => op(z, 1))(x, dy)
            .dataSync(),
        ];
        expect(withRightGradients(gradient)).toEqual(gradient());
      }
    });
  });
});
