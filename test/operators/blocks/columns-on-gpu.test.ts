import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, expect, it, vi} from 'vitest';
import {hessian} from '../../../src/operators/hessian.js';
import {nativeBackend} from '../../../src/tfjs-internals/node/backend.js';
import {patch} from '../../../src/tfjs-internals/patch.js';
import {useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';

beforeAll(() => useEngine('native'));
afterEach(() => vi.unstubAllEnvs());

/** H V of four columns on a network with tangents of 100,000 numbers, and the number of ops that it ran. */
async function fourColumns({onGpu}: {readonly onGpu: boolean}): Promise<{values: Float32Array; ops: number}> {
  vi.stubEnv('TFJS_HESSIAN_GRAPHS', 'off');
  const backend = nativeBackend()!;
  const {binding} = backend;
  let ops = 0;
  const counting = Object.create(binding, {
    executeOp: {
      value: (...args: Parameters<typeof binding.executeOp>) => {
        ops++;
        return binding.executeOp(...args);
      },
    },
  });
  const dense = (units: number, seed: number) =>
    tfl.layers.dense({units, activation: 'tanh', kernelInitializer: tfl.initializers.glorotNormal({seed})});
  const model = tfl.sequential({
    layers: [tfl.layers.inputLayer({inputShape: [3]}), dense(200, 1), dense(200, 2), dense(1, 3)],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const batch = {x: tf.randomNormal([512, 3], 0, 1, 'float32', 4), y: tf.randomNormal([512, 1], 0, 1, 'float32', 5)};
  const undo = onGpu ? patch<{isUsingGpuDevice: boolean}>(backend, {isUsingGpuDevice: true}) : () => {};
  const H = await hessian(model, batch);
  const V = tf.randomNormal<tf.Rank.R2>([H.size, 4], 0, 1, 'float32', 6);
  try {
    tf.dispose(H.matmat(V));
    const uncounted = patch<{binding: object}>(backend, {binding: counting});
    const product = H.matmat(V);
    uncounted();
    const values = product.dataSync<'float32'>().slice();
    product.dispose();
    return {values, ops};
  } finally {
    undo();
    H.dispose();
    tf.dispose([V, batch.x, batch.y]);
    model.dispose();
  }
}

it('large tangents are pushed one by one on a CPU, and together on a GPU', async () => {
  const [apart, together] = [await fourColumns({onGpu: false}), await fourColumns({onGpu: true})];
  expect(relativeError(together.values, apart.values)).toBeLessThan(1e-6);
  expect(together.ops).toBeLessThan(apart.ops / 2);
});
