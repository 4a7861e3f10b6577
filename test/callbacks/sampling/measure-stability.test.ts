import type {Optimizer} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {edgeSteps} from '../../../src/callbacks/cost/sample-work.js';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../../src/callbacks/schedules.js';
import {type Stability, stability} from '../../../src/estimators/stability.js';
import {hessian} from '../../../src/operators/hessian.js';
import {preconditioned} from '../../../src/operators/preconditioning/preconditioned.js';
import {deriveSeed} from '../../../src/random.js';
import {useCpu} from '../../estimators/synthetic.js';
import {callbackOf, collect, plainModel, smallData} from '../small-model.js';

useCpu();

const OPTIMIZERS: Record<string, () => Optimizer> = {
  SGD: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  Nesterov: () => tf.train.momentum(0.1, 0.9, true),
  Adam: () => tf.train.adam(0.01),
  Adamax: () => tf.train.adamax(0.01),
  RMSProp: () => tf.train.rmsprop(0.01),
  Adagrad: () => tf.train.adagrad(0.1),
  Adadelta: () => tf.train.adadelta(0.1),
};

const fitArgs = {epochs: 3, batchSize: 10, shuffle: false, verbose: 0} as const;

/** The largest eigenvalue of S H S, from all columns, in float64. */
async function denseSharpness(model: LayersModel, batch: {x: tf.Tensor; y: tf.Tensor}): Promise<number> {
  const H = await hessian(model, batch);
  const A = preconditioned(H, model.optimizer);
  const identity = tf.eye(A.size);
  const columns = A.matmat(identity as tf.Tensor2D);
  const matrix = new Matrix((await columns.array()) as number[][]);
  const symmetric = Matrix.mul(Matrix.add(matrix, matrix.transpose()), 0.5);
  tf.dispose([identity, columns]);
  if (A !== H) A.dispose();
  H.dispose();
  return Math.max(...new EigenvalueDecomposition(symmetric, {assumeSymmetric: true}).realEigenvalues);
}

describe('The stability of a sample', () => {
  it.each(Object.entries(OPTIMIZERS))('is that of %s at the same step, with the same state', async (_, make) => {
    const {x, y} = smallData();
    const model = plainModel(make());
    const [steps, probes, seed] = [40, 1, 5];
    const curvature = new HessianSpectrumCallback({
      ...{schedule: everyBatches(1), steps, probes, seed, traceProbes: 0},
      batch: {x, y},
    });
    const {samples, failures} = collect(curvature);
    const byHand: Stability[] = [];
    const dense: number[] = [];
    const observer = callbackOf({
      onBatchEnd: async () => {
        const own = {maxSteps: edgeSteps({steps, probes}), seed: deriveSeed(seed, byHand.length)};
        const H = await hessian(model, {x, y});
        byHand.push(await stability(H, model.optimizer, own));
        H.dispose();
        dense.push(await denseSharpness(model, {x, y}));
      },
    });
    const {history} = await model.fit(x, y, {...fitArgs, callbacks: [curvature, observer]});
    expect(failures).toEqual([]);
    expect(samples).toHaveLength(6);
    for (const [i, {schema, stability: found, full, learningRate}] of samples.entries()) {
      const {optimizer, sharpness, threshold} = byHand[i]!;
      expect(schema).toBe(2);
      expect(found).toMatchObject({optimizer, threshold, ratio: found!.sharpness / threshold});
      expect(found!.threshold * learningRate!).toBeGreaterThan(1);
      // A short search has a residual, and the dense one float32 products.
      expect(Math.abs(found!.sharpness - dense[i]!)).toBeLessThanOrEqual(found!.residual! + 1e-5 * dense[i]!);
      if (found!.isPreconditioned) expect(found!.sharpness).toBe(sharpness.value);
      else expect(found!.sharpness).toBe(full.largest[0]!.value);
    }
    // An epoch's logs have the newest sample's.
    expect(history['hessian/stability']).toEqual([1, 3, 5].map(i => samples[i]!.stability!.ratio));
    curvature.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });
});
