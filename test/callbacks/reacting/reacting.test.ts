import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import type {LoweredLearningRate} from '../../../src/callbacks/reacting/edge-of-stability-guard.js';
import {EdgeOfStabilityGuard} from '../../../src/callbacks/reacting/edge-of-stability-guard.js';
import {SharpnessStopping} from '../../../src/callbacks/reacting/sharpness-stopping.js';
import {everyEpochs} from '../../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../../src/errors.js';
import type {Metric} from '../../../src/metrics/metric.js';
import {useEngine} from '../../engines.js';
import {everyStep, plainModel, smallData} from '../small-model.js';

beforeAll(() => useEngine('native'));

const {x, y} = await useEngine('native').then(smallData);
const fitArgs = {batchSize: 20, shuffle: false, verbose: 0} as const;

/** A metric with the values of a list, one per sample. */
function listed(values: number[]): Metric {
  let i = 0;
  return {
    name: 'listed',
    unit: '1',
    describe: 'A list.',
    compute: (_, {layer}) => (layer === null ? values[i++ % values.length]! : Number.NaN),
  };
}

describe('SharpnessStopping', () => {
  const stoppedAfter = async (
    values: number[],
    args: Omit<ConstructorParameters<typeof SharpnessStopping>[0], 'curvature'>,
  ) => {
    const curvature = new HessianSpectrumCallback(everyStep);
    const stopping = new SharpnessStopping({curvature, metric: listed(values), ...args});
    const {epoch} = await plainModel().fit(x, y, {...fitArgs, epochs: values.length, callbacks: [curvature, stopping]});
    return {epochs: epoch.length, stoppedEpoch: stopping.stoppedEpoch};
  };

  it('stops like earlyStopping on the same numbers', async () => {
    for (const [values, args] of [
      [[3, 2, 1, 1, 1, 1], {}],
      [[3, 2, 2.5, 2.4, 1, 1], {patience: 2}],
      [[3, 2, 2.5, 1.9, 2, 2, 2], {patience: 3}],
      [[3, 2.9, 2.8, 2.7, 2.6], {minDelta: 0.5, patience: 2}],
      [[1, 2, 3, 3, 3], {mode: 'max'}],
      [[3, 2, 1, 0], {baseline: 1.5, patience: 2}],
      [[5, 4, 3, 2, 1], {}],
    ] as const) {
      const logs = [...values];
      const feed = new tfl.CustomCallback({
        onEpochEnd: async (_, log) => void Object.assign(log!, {listed: logs.shift()!}),
      });
      const early = tfl.callbacks.earlyStopping({monitor: 'listed', ...args});
      const {epoch} = await plainModel().fit(x, y, {
        ...{...fitArgs, epochs: values.length},
        callbacks: [feed as never, early],
      });
      const own = await stoppedAfter([...values], args);
      expect(own.epochs, JSON.stringify([values, args])).toBe(epoch.length);
      const {stoppedEpoch} = early as unknown as {stoppedEpoch: number};
      expect(own.stoppedEpoch ?? 0).toBe(stoppedEpoch);
    }
  });

  it('starts again with each fit, independent of earlier samples', async () => {
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: everyEpochs(1)});
    // In the second fit 9 is the first value, so training does not stop.
    const stopping = new SharpnessStopping({curvature, metric: listed([3, 2, 9, 8])});
    const model = plainModel();
    for (let i = 0; i < 2; i++) {
      const {epoch} = await model.fit(x, y, {...fitArgs, epochs: 2, callbacks: [stopping, curvature]});
      expect(epoch).toHaveLength(2);
    }
  });

  it('refuses arguments that break a rule', () => {
    const curvature = new HessianSpectrumCallback();
    for (const args of [null, {}, {curvature, patience: -1}, {curvature, mode: 'auto'}, {curvature, metric: 'size'}]) {
      expect(() => new SharpnessStopping(args as never)).toThrow(InvalidArgumentError);
    }
  });
});

/** Least squares with one weight: H = 2 x² for any weight. Gradient descent diverges above a learning rate of 2 / H. */
function oneWeight(optimizer: tf.Optimizer) {
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: 1, inputShape: [1], useBias: false, kernelInitializer: 'ones'})],
  });
  model.compile({optimizer, loss: 'meanSquaredError'});
  return {model, x: tf.tensor2d([[2]]), y: tf.tensor2d([[0]]), top: 8};
}

describe('EdgeOfStabilityGuard', () => {
  // H is 8. Momentum 0.1 has the threshold 2.2 / learning rate. Adam has 38 / learning rate; after the first gradient, also 8, P is (1 − 0.9) × 8.
  it.each([
    ['sgd', () => tf.train.sgd(1), {from: 1, sharpness: 8, factor: 2}],
    ['momentum', () => tf.train.momentum(1, 0.1), {from: 1, sharpness: 8, factor: 2.2}],
    ['adam', () => tf.train.adam(10), {from: 10, sharpness: 10, factor: 38}],
  ])('lowers the learning rate of %s below its edge, once', async (name, optimizer, {from, sharpness, factor}) => {
    const {model, x, y} = oneWeight(optimizer());
    const curvature = new HessianSpectrumCallback({...everyStep, steps: 1});
    const guard = new EdgeOfStabilityGuard({curvature});
    const lowered: LoweredLearningRate[] = [];
    guard.lowered$.subscribe(change => lowered.push(change));
    const rates: (number | null)[] = [];
    curvature.samples$.subscribe(({learningRate}) => rates.push(learningRate));
    const before = tf.memory().numTensors;
    const {history} = await model.fit(x, y, {epochs: 40, verbose: 0, callbacks: [curvature, guard]});
    expect(lowered).toHaveLength(1);
    expect(lowered[0]).toMatchObject({epoch: 0, step: 1, from});
    // In float32 the eigenvalue has a relative error of 10⁻⁷, and P of Adam one of some 10⁻⁵, from 1 − β₂.
    expect(lowered[0]!.top / sharpness).toBeCloseTo(1, 4);
    expect(lowered[0]!.to / ((0.9 * factor) / sharpness)).toBeCloseTo(1, 4);
    expect(lowered[0]!.ratio / ((from * sharpness) / factor)).toBeCloseTo(1, 4);
    expect(rates.slice(1)).toEqual(Array(39).fill(lowered[0]!.to));
    // The first step multiplies the weight by |1 − 8|; each later step by |1 − 8 × 0.225| = 0.8.
    if (name === 'sgd') expect(history.loss!.at(-1)).toBeLessThan(1e-4 * (history.loss![1] as number));
    // Adam and momentum create their accumulators in the first step.
    const accumulators = {sgd: 0, momentum: 1, adam: 2}[name]!;
    expect(tf.memory().numTensors - before).toBe(accumulators);
  });

  it('says once in a fit why it cannot act, and leaves the learning rate', async () => {
    const {model, x, y} = oneWeight(tf.train.sgd(1));
    const curvature = new HessianSpectrumCallback({...everyStep, steps: 1, operator: 'gaussNewton'});
    const failures: string[] = [];
    curvature.failures$.subscribe(({error}) => failures.push(error.message));
    await model.fit(x, y, {epochs: 3, verbose: 0, callbacks: [curvature, new EdgeOfStabilityGuard({curvature})]});
    expect(failures).toEqual([expect.stringMatching(/Guard cannot act on a sample: .*'gaussNewton'/)]);
    expect((model.optimizer as unknown as {learningRate: number}).learningRate).toBe(1);
  });

  it('does not change a learning rate that is below the edge or at its minimum', async () => {
    for (const [rate, minLearningRate] of [
      [0.2, 0],
      [1, 1],
    ] as const) {
      const {model, x, y} = oneWeight(tf.train.sgd(rate));
      const curvature = new HessianSpectrumCallback({...everyStep, steps: 1});
      const guard = new EdgeOfStabilityGuard({curvature, minLearningRate});
      await model.fit(x, y, {epochs: 3, verbose: 0, callbacks: [curvature, guard]});
      expect((model.optimizer as unknown as {learningRate: number}).learningRate).toBe(rate);
    }
  });

  it('refuses arguments that break a rule', () => {
    const curvature = new HessianSpectrumCallback();
    for (const args of [{}, {curvature, margin: 0}, {curvature, minLearningRate: -1}]) {
      expect(() => new EdgeOfStabilityGuard(args as never)).toThrow(InvalidArgumentError);
    }
  });
});

describe('The logs', () => {
  it('stop training by earlyStopping({monitor: "hessian/trace"})', async () => {
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: everyEpochs(1)});
    const early = tfl.callbacks.earlyStopping({monitor: 'hessian/trace', minDelta: 1e9});
    const {epoch, history} = await plainModel().fit(x, y, {...fitArgs, epochs: 5, callbacks: [curvature, early]});
    // The trace never falls that much, so training stops after the second epoch.
    expect(epoch).toEqual([0, 1]);
    expect(history['hessian/trace']).toHaveLength(2);
  });
});
