// On the native engine a step's penalty comes from a graph that was made of an earlier step. Whoever follows kernels has it run
// kernel by kernel: both must train to the same weights.

import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {attachRegularizer} from '../../../src/regularizers/attach-regularizer.js';
import type {HessianTraceRegularizerArgs} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {HessianTraceRegularizer} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {nativeBackend} from '../../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';

const STEPS = 8;

/** Probes go by the layers' names. */
function model(): LayersModel {
  const {dense, dropout, batchNormalization} = layers.layers;
  const kernelInitializer = (seed: number) => layers.initializers.randomNormal({stddev: 0.5, seed});
  const made = layers.sequential({
    layers: [
      dense({name: 'first', units: 6, inputShape: [4], activation: 'tanh', kernelInitializer: kernelInitializer(1)}),
      batchNormalization({name: 'norm'}),
      dropout({rate: 0.4}),
      dense({name: 'second', units: 5, activation: 'relu', kernelInitializer: kernelInitializer(2)}),
      dense({name: 'last', units: 3, activation: 'softmax', kernelInitializer: kernelInitializer(3)}),
    ],
  });
  made.compile({optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy'});
  return made;
}

/** Data of another size in every third step, and never the same. */
function batch(step: number): [tf.Tensor, tf.Tensor] {
  const size = step % 3 === 2 ? 5 : 8;
  const classes = tf.tensor1d(
    Array.from({length: size}, (_, i) => (i * (step + 1)) % 3),
    'int32',
  );
  return [tf.randomNormal([size, 4], 0, 1, 'float32', step + 1), tf.oneHot(classes, 3).cast('float32')];
}

/** Draws dropout's masks, which differ from step to step, the same in every training. */
async function withFixedDraws<T>(body: () => Promise<T>): Promise<T> {
  const {random} = Math;
  let state = 1;
  Math.random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  try {
    return await body();
  } finally {
    Math.random = random;
  }
}

interface Training {
  readonly weights: ArrayLike<number>[];
  readonly penalties: number[];
}

function train(args: HessianTraceRegularizerArgs): Promise<Training> {
  return withFixedDraws(async () => {
    const trained = model();
    const {penalty$, detach} = attachRegularizer(trained, new HessianTraceRegularizer(args));
    const penalties: number[] = [];
    const done = new Promise<void>(resolve => {
      penalty$.subscribe({next: ({total}) => penalties.push(total), complete: resolve});
    });
    for (let step = 0; step < STEPS; step++) await trained.trainOnBatch(...batch(step));
    detach();
    await done;
    return {weights: trained.getWeights().map(weight => weight.dataSync()), penalties};
  });
}

/** Stands in the way of kernels, and lets them pass. */
async function watchingKernels<T>(body: () => Promise<T>): Promise<T> {
  const engine = tf.engine();
  const {runKernel} = engine;
  engine.runKernel = runKernel.bind(engine);
  try {
    return await body();
  } finally {
    delete (engine as Partial<typeof engine>).runKernel;
  }
}

describe('the penalty of a step on the native engine', () => {
  beforeAll(() => useEngine('native'));

  it.each<[string, HessianTraceRegularizerArgs]>([
    ['one probe a layer', {strength: 0.1}],
    ['two joint probes', {strength: 0.1, probe: 'joint', probes: 2}],
    ['the Gauss–Newton matrix', {strength: 0.1, curvature: 'gaussNewton'}],
    ['a part of the batch, every other step', {strength: 0.1, subBatch: 4, every: 2}],
    ['a strength that changes', {strength: step => 0.05 * step, seed: 3}],
  ])('trains as kernel by kernel, with %s', async (_, args) => {
    const compiled = await train(args);
    const watched = await watchingKernels(() => train(args));
    expect(compiled.penalties.length).toBe(watched.penalties.length);
    expect(relativeError(compiled.penalties, watched.penalties)).toBeLessThan(1e-5);
    compiled.weights.forEach((weights, i) => {
      expect(relativeError(weights, watched.weights[i]!)).toBeLessThan(1e-5);
    });
  });

  it('has the same bits after other trainings', async () => {
    const [first, second] = [await train({strength: 0.1}), await train({strength: 0.1})];
    expect(second).toEqual(first);
  });

  it('differs from step to step, as dropout and data do', async () => {
    const {penalties} = await train({strength: 0.1});
    expect(new Set(penalties).size).toBe(STEPS);
  });

  it('leaves out frozen layers from the step on in which they are frozen', async () => {
    const trained = model();
    const {penalty$, detach, layers: names} = attachRegularizer(trained, new HessianTraceRegularizer({strength: 0.1}));
    const seen: string[][] = [];
    penalty$.subscribe(point => seen.push(Object.keys(point.layers)));
    await trained.trainOnBatch(...batch(0));
    trained.layers[0]!.trainable = false;
    trained.compile({optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy'});
    const frozen = trained.layers[0]!.getWeights().map(weight => weight.dataSync());
    await trained.trainOnBatch(...batch(1));
    await new Promise(resolve => setTimeout(resolve, 50));
    detach();
    expect(seen[0]).toEqual(names);
    expect(seen[1]).toEqual(names.slice(1));
    expect(trained.layers[0]!.getWeights().map(weight => weight.dataSync())).toEqual(frozen);
  });

  it('leaves nothing behind', async () => {
    const native = () => (nativeBackend()!.binding as unknown as {getNumOfTensors(): number}).getNumOfTensors();
    const trained = model();
    const data = [batch(0), batch(2)] as const;
    for (const one of data) await trained.trainOnBatch(...one);
    const before = [tf.memory().numTensors, native()];
    const {detach} = attachRegularizer(trained, new HessianTraceRegularizer({strength: 0.1}));
    const after: number[] = [];
    for (let step = 0; step < 6; step++) {
      await trained.trainOnBatch(...data[step % 2]!);
      after.push(tf.memory().numTensors);
    }
    expect(new Set(after)).toEqual(new Set([before[0]]));
    detach();
    expect([tf.memory().numTensors, native()]).toEqual(before);
  });
});
