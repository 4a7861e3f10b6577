import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../../src/operators/hessian.js';
import {engines, useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';

describe.each(engines)('a loss with mirrored padding, on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each([
    ['reflect', [1, 2], [2, 0]],
    ['symmetric', [3, 1], [1, 2]],
    ['reflect', [0, 0], [0, 3]],
  ] as const)('has the gradient and the Hessian of the same entries gathered: %s %j %j', async (mode, ...paddings) => {
    const pads = paddings.map(pair => [...pair]) as [number, number][];
    const w = tf.variable(tf.randomNormal([4, 5], 0, 1, 'float32', 1));
    const before = tf.getGradient('MirrorPad');
    const of = (padded: () => Tensor) => () => tf.sum(tf.mul(tf.square(tf.square(padded())), 0.1)) as Scalar;
    const rows = tf.mirrorPad(tf.range(0, 4), [pads[0]!], mode);
    const columns = tf.mirrorPad(tf.range(0, 5), [pads[1]!], mode);
    const gathered = () => tf.gather(tf.gather(w, tf.cast(rows, 'int32'), 0), tf.cast(columns, 'int32'), 1);
    const H = await hessian(
      of(() => tf.mirrorPad(w, pads, mode)),
      [w],
    );
    const same = await hessian(of(gathered), [w]);
    const V = tf.randomNormal<tf.Rank.R2>([20, 3], 0, 1, 'float32', 2);
    expect(relativeError(H.gradient().dataSync(), same.gradient().dataSync())).toBeLessThan(1e-6);
    expect(relativeError(H.matmat(V).dataSync(), same.matmat(V).dataSync())).toBeLessThan(1e-6);
    expect(tf.getGradient('MirrorPad')).toBe(before);
    H.dispose();
    same.dispose();
  });
});
