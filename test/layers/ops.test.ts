import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {withRightGradients} from '../../src/autodiff/gradients/right-gradients.js';
import {hessian} from '../../src/operators/hessian.js';
import {randomBits, uniform} from '../../src/random.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {alongLine, expectConsistent, probe} from './identities.js';
import {opSamples} from './op-samples.js';

// As for layers: gradients differ in their second digit, and float32 keeps four or five digits of the difference.
const STEP = 1 / 64;
const DIFFERENCES = 1e-3;

describe.each(engines)('the Hessian on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(opSamples)('of a loss made of $name is the derivative of the gradient, and symmetric', async sample => {
    const {shape, op, range: [low, high] = [-1, 1]} = sample;
    const bits = randomBits(3, shape.length);
    const x = tf.variable(
      tf.tensor(
        Array.from({length: tf.util.sizeFromShape([...shape])}, () => low + uniform(bits) * (high - low)),
        [...shape],
      ),
    );
    // Bent on either side of the op, so that both its first and its second derivative count.
    const loss = () => {
      const y = op(tf.add(x, tf.mul(tf.square(x), 0.1)));
      return tf.sum(tf.mul(tf.square(tf.add(y, 0.3)), tf.reshape(probe(y.size, 5), y.shape))) as Scalar;
    };
    const H = await hessian(loss, [x]);
    expectConsistent(H);
    const v = probe(H.size, 2);
    const at = x.clone();
    const gradientAt = async (h: number) => {
      x.assign(tf.add(at, tf.mul(tf.reshape(v, at.shape), h)) as Tensor);
      // TensorFlow.js' own gradient of some ops is wrong.
      const {grads} = withRightGradients(() => tf.variableGrads(loss, [x]));
      return (await grads[x.name]!.data()) as Float32Array;
    };
    const expected = await alongLine(gradientAt, STEP);
    expect(relativeError(H.matvec(v).dataSync(), expected)).toBeLessThan(DIFFERENCES);
    H.dispose();
    x.dispose();
  });
});
