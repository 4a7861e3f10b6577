import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
// With it come TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {withRightGradients} from '../../../src/autodiff/corrections/scope.js';
import type {EngineName} from '../../engines.js';
import {engines, useEngine} from '../../engines.js';
import {directionOf} from '../samples/sample.js';
import type {CorrectedSample} from './samples.js';
import {correctedSamples, isRunBy} from './samples.js';

/** Elements of a sample are a half apart: no two change places. */
const REACH = 1 / 5;

describe.each<EngineName>([...engines, 'wasm'])('with right gradients, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each(correctedSamples.filter(sample => isRunBy(sample, engine)))(
    'that of $name is what differences show',
    sample => {
      tf.tidy(() => {
        const x = pointOf(sample);
        const y = sample.f(x);
        const weights = directionOf(y, sample.name, 'weights');
        const form = (at: Tensor) => tf.sum(tf.mul(sample.f(at), weights)) as tf.Scalar;
        const gradient = withRightGradients(() => tf.grad(form)(x));
        // Linear between joints that the steps do not reach: the rounding of the sums is left.
        const rounding = (2 ** -22 * tf.sum(tf.abs(tf.mul(y, weights))).dataSync()[0]!) / REACH;
        for (const i of [1, 2, 3]) {
          const v = directionOf(x, sample.name, i);
          const [ahead, behind] = [1, -1].map(side => form(tf.add(x, tf.mul(v, side * REACH))).dataSync()[0]!);
          const slope = tf.sum(tf.mul(gradient, v)).dataSync()[0]!;
          expect(Math.abs(slope - (ahead! - behind!) / (2 * REACH))).toBeLessThan(1e-5 + rounding);
        }
      });
    },
  );
});

/** On both sides of zero. */
function pointOf({shape}: CorrectedSample): Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Array.from({length: size}, (_, i) => (((i * 37) % size) - size / 2 + 0.25) / 2);
  return tf.tensor(values, [...shape]);
}
