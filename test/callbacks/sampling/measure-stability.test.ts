import type {Optimizer} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import type {HessianSpectrumCallbackArgs} from '../../../src/callbacks/callback-args.js';
import {edgeSteps} from '../../../src/callbacks/cost/sample-work.js';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches, onTrainBegin} from '../../../src/callbacks/schedules.js';
import {type Stability, stability} from '../../../src/estimators/stability.js';
import {hessian} from '../../../src/operators/hessian.js';
import {registerOptimizer} from '../../../src/operators/preconditioning/optimizer-rule.js';
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

/** The samples of a short fit. */
async function samplesOf(optimizer: Optimizer, args: HessianSpectrumCallbackArgs = {}, model = plainModel(optimizer)) {
  const {x, y} = smallData();
  const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 4, probes: 1, ...args});
  const collected = collect(curvature);
  const before = tf.memory().numTensors;
  const {history} = await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
  const tensors = tf.memory().numTensors - before;
  curvature.dispose();
  tf.dispose([x, y]);
  return {...collected, history, tensors};
}

describe('A stability that is unknown', () => {
  class Own extends tf.SGDOptimizer {
    static override get className() {
      return 'Own';
    }
    override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
      super.applyGradients(gradients);
    }
  }

  it('of an optimizer without a rule is null with the reason, and that of a rule of your own is known', async () => {
    const unknown = await samplesOf(new Own(0.1));
    expect(unknown.failures).toEqual([]);
    expect(unknown.samples).toHaveLength(2);
    for (const {stability: found, noStability} of unknown.samples) {
      expect(found).toBeNull();
      expect(noStability).toMatch(/Own has no rule .* registerOptimizer/);
    }
    expect(unknown.history).not.toHaveProperty('hessian/stability');
    const undo = registerOptimizer('Own', () => ({threshold: 20, preconditioner: null}));
    const known = await samplesOf(new Own(0.1));
    undo();
    expect(known.samples.map(sample => sample.stability?.threshold)).toEqual([20, 20]);
  });

  it('because its rule throws, or gives no numbers, hurts neither the sample nor the training', async () => {
    const plain = await samplesOf(tf.train.sgd(0.1));
    for (const rule of [
      () => {
        throw new Error('the state is gone');
      },
      () => ({threshold: 1, preconditioner: ({shape}: {shape: readonly number[]}) => tf.fill([...shape], Number.NaN)}),
      () => ({threshold: 1, preconditioner: () => tf.ones([1])}),
    ]) {
      const undo = registerOptimizer('Own', rule);
      const {samples, failures, history, tensors} = await samplesOf(new Own(0.1));
      undo();
      expect(failures).toEqual([]);
      expect(samples.map(sample => sample.stability)).toEqual([null, null]);
      expect(samples.every(({noStability}) => noStability !== undefined)).toBe(true);
      expect(samples.map(({full}) => full)).toEqual(plain.samples.map(({full}) => full));
      expect(history.loss).toEqual(plain.history.loss);
      expect(tensors).toBe(plain.tensors);
    }
  });

  it('before the first step, and of another operator than the Hessian, says so', async () => {
    const {x, y} = smallData();
    const early = await samplesOf(tf.train.adam(0.01), {schedule: onTrainBegin(), batch: {x, y}});
    expect(early.samples[0]!.noStability).toMatch(/Adam has not made a step/);
    const other = await samplesOf(tf.train.sgd(0.1), {operator: 'gaussNewton'});
    expect(other.samples[0]!.noStability).toMatch(/samples are of 'gaussNewton'/);
    tf.dispose([x, y]);
  });
});
