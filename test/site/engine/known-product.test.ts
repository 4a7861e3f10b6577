import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {errorOfKnownProduct, MOST_ERROR} from '../../../site/playground/training/engine/known-product.js';
import {interceptKernels} from '../../../src/tfjs-internals/core/kernels.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('the product by which the playground checks an engine', () => {
  it('comes out within float32 on an engine that computes rightly, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    // Twenty sums of float32 numbers about 1.
    expect(await errorOfKnownProduct()).toBeLessThan(1e-6);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['all kernels', /./],
    ['matrix products', /MatMul$/],
  ])('shows that %s are rounded to 11 bits, as in 16-bit textures', async (_, kernels) => {
    const stop = interceptKernels((name, run) => {
      const result = run();
      if (kernels.test(name)) for (const {dataId} of [result].flat()) round(dataId as object);
      return result;
    });
    try {
      expect(await errorOfKnownProduct()).toBeGreaterThan(MOST_ERROR);
    } finally {
      stop();
    }
  });
});

/** Rounds the numbers of a result to the 11 bits of a half-precision number. */
function round(dataId: object): void {
  const values = tf.engine().backend.readSync(dataId) as Float32Array;
  for (const [i, value] of values.entries()) {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
    if (value !== 0) values[i] = Math.round(value / unit) * unit;
  }
}
