import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import type {HessianSpectrumCallbackArgs} from '../../src/callbacks/callback-args.js';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches, when} from '../../src/callbacks/schedules.js';
import {NotAHessianError, UnsupportedKernelError} from '../../src/errors.js';
import {useEngine} from '../engines.js';
import {modelWith, TrickLayer, tricks} from '../own-gradients.js';
import {callbackOf, collect, everyStep, plainModel, seeded, smallData} from './small-model.js';

const {x, y} = await useEngine('native').then(smallData);
const fitArgs = {epochs: 2, batchSize: 10, shuffle: false, verbose: 0} as const;

beforeAll(() => useEngine('native'));

/** A custom kernel without a rule. */
tf.registerKernel({
  kernelName: 'OwnSine',
  backendName: 'tensorflow',
  kernelFunc: ({inputs}) => tf.sin(inputs.x as tf.Tensor),
});
tf.registerGradient({
  kernelName: 'OwnSine',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({x: () => tf.mul(tf.cos(x!), dy as tf.Tensor)}),
});
class OwnSine extends tfl.layers.Layer {
  static className = 'OwnSine';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.engine().runKernel('OwnSine', {x}) as tf.Tensor;
  }
}
tf.serialization.registerClass(OwnSine);

function withoutRule(): tfl.LayersModel {
  const {dense} = tfl.layers;
  const model = tfl.sequential({
    layers: [
      dense({units: 5, inputShape: [4], kernelInitializer: seeded(1), name: 'first'}),
      new OwnSine({name: 'sines'}),
      dense({units: 3, kernelInitializer: seeded(2)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

/** Trains with and without a callback that fails, and expects the same of both. */
async function train(args: HessianSpectrumCallbackArgs, build: () => tfl.LayersModel = plainModel) {
  const [model, plain] = [build(), build()];
  const expected = await plain.fit(x, y, fitArgs);
  const curvature = new HessianSpectrumCallback({...everyStep, ...args});
  const seen = collect(curvature);
  const before = tf.memory().numTensors;
  const {history} = await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
  expect(tf.memory().numTensors).toBe(before);
  expect(history.loss).toEqual(expected.history.loss);
  expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(
    plain.getWeights().map(weight => [...weight.dataSync()]),
  );
  return {...seen, messages: seen.failures.map(({error}) => error.message)};
}

describe('A failed sample leaves training and tensors unchanged, and appears on failures$:', () => {
  it('when its schedule throws', async () => {
    // At the beginning, after four steps and two epochs, at the end.
    const schedule = when(() => {
      throw new Error('no time');
    });
    expect((await train({schedule})).messages).toEqual(Array(8).fill('no time'));
  });

  it('when its batch is not available', async () => {
    const {messages, failures} = await train({batch: () => Promise.reject(new Error('no data'))});
    expect(messages).toEqual(Array(4).fill('no data'));
    expect(failures.map(({epoch, batch, step}) => [epoch, batch, step])).toEqual([
      [0, 0, 1],
      [0, 1, 2],
      [1, 0, 3],
      [1, 1, 4],
    ]);
  });

  it('when its batch does not fit the model, sliced or not', async () => {
    const batch = {x, y: tf.ones([20, 7])};
    for (const args of [{batch}, {batch, subBatch: 5}, {batch: () => ({x, y: {} as never}), subBatch: 5}]) {
      const {messages, samples} = await train(args);
      expect(messages).toHaveLength(4);
      expect(samples).toEqual([]);
    }
  });

  it('when the model runs a kernel without a rule', async () => {
    const {failures} = await train({}, withoutRule);
    expect(failures).toHaveLength(4);
    for (const {error} of failures) {
      expect(error).toBeInstanceOf(UnsupportedKernelError);
      expect(error).toMatchObject({kernelName: 'OwnSine', layerName: 'sines'});
    }
  });

  it('when a custom gradient is not a derivative', async () => {
    const build = () => modelWith(new TrickLayer(tricks.reversal), 'meanSquaredError', {inputs: 4, outputs: 3});
    const {failures, samples} = await train({}, build);
    expect(samples).toEqual([]);
    expect(failures).toHaveLength(4);
    for (const {error} of failures) expect(error).toBeInstanceOf(NotAHessianError);
  });

  it('when a label of its batch is not a class', async () => {
    const build = () => {
      const model = tfl.sequential({
        layers: [tfl.layers.dense({units: 3, inputShape: [4], activation: 'softmax', kernelInitializer: seeded(1)})],
      });
      model.compile({optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy'});
      return model;
    };
    const batch = {x: tf.ones([4, 4]), y: tf.tensor2d([[0], [1], [2], [3]])};
    const [model, curvature] = [build(), new HessianSpectrumCallback({...everyStep, batch})];
    const {failures, samples} = collect(curvature);
    await model.fit(tf.ones([4, 4]), tf.ones([4, 1]), {epochs: 1, verbose: 0, callbacks: [curvature]});
    expect(samples).toEqual([]);
    expect(failures.map(({error}) => error.message)).toEqual([expect.stringMatching(/^Label 3 .* no class/)]);
  });

  it('when a product is not finite', async () => {
    const batch = {x: tf.fill([4, 4], 1e30), y: tf.ones([4, 3])};
    const build = () => {
      const model = tfl.sequential({
        layers: [tfl.layers.dense({units: 3, inputShape: [4], kernelInitializer: seeded(1)})],
      });
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model;
    };
    const {messages, samples} = await train({batch}, build);
    expect(samples).toEqual([]);
    expect(messages).toHaveLength(4);
    expect(messages[0]).toMatch(/finite|infin|overflow/i);
  });

  // Covers norms of the weights, recording, linearization, products, and the last kernels of a sample.
  it.each([1, 5, 20, 40, 60, 100, 150, 200, 300])('when kernel %i of the sample throws', async n => {
    const engine = tf.engine() as unknown as {runKernel: (...args: unknown[]) => unknown};
    const original = engine.runKernel;
    let calls = Number.NaN;
    engine.runKernel = function (this: unknown, ...args) {
      // Clones only add a reference and do not fail.
      if (args[0] !== 'Identity' && ++calls === n) throw new Error('device lost');
      return original.apply(this, args);
    };
    try {
      // A schedule is called right before a sample.
      const schedule = when(({event, step}) => {
        if (event !== 'batchEnd' || step % 2 === 1) return false;
        calls = 0;
        return true;
      });
      const {messages, samples} = await train({schedule});
      expect(messages).toEqual(['device lost', 'device lost']);
      expect(samples).toEqual([]);
    } finally {
      delete (engine as Partial<typeof engine>).runKernel;
    }
  });

  it('when a subscriber throws: synchronously, asynchronously, of a metric, of a run, in an operator', async () => {
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: everyBatches(4)});
    const fails = () => {
      throw new Error('mine');
    };
    const messages: string[] = [];
    curvature.failures$.subscribe(({error}) => messages.push(error.message));
    curvature.samples$.subscribe(fails);
    curvature.samples$.subscribe(async () => fails());
    curvature.metric$('trace', {layers: ['first']}).subscribe(fails);
    curvature.metric$({name: 'mine', unit: '1', describe: '', compute: fails}).subscribe();
    curvature.runs$.subscribe(run => run.subscribe(fails));
    const {samples} = collect(curvature);
    await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(messages).toEqual(Array(5).fill('mine'));
    expect(samples).toHaveLength(1);
  });
});

describe('An error elsewhere ends the fit, and everything held is released:', () => {
  let curvatures: HessianSpectrumCallback[];
  let ended: number;
  beforeEach(() => {
    ended = 0;
    curvatures = [0, 1].map(() => new HessianSpectrumCallback(everyStep));
    for (const {runs$} of curvatures) runs$.subscribe(run => run.subscribe({complete: () => ended++}));
  });

  /** tfjs-layers itself leaks the logs of a batch that fails. */
  async function leaks(
    attempt: (callbacks: tfl.Callback[]) => Promise<unknown>,
    callbacks: tfl.Callback[],
  ): Promise<number> {
    const before = tf.memory().numTensors;
    await expect(attempt(callbacks)).rejects.toThrow('theirs');
    return tf.memory().numTensors - before;
  }

  it('in another callback', async () => {
    const model = plainModel();
    const other = callbackOf({onBatchEnd: batch => (batch === 1 ? Promise.reject(new Error('theirs')) : undefined)});
    const attempt = (callbacks: tfl.Callback[]) =>
      model.fit(x, y, {...fitArgs, callbacks: [...callbacks, other as never]});
    const without = await leaks(attempt, []);
    expect(await leaks(attempt, curvatures)).toBe(without);
    expect(ended).toBe(2);
    // The callbacks still work in the next fit.
    const {samples} = collect(curvatures[1]!);
    await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: curvatures});
    expect(samples.at(-1)!.fitStep).toBe(2);
    expect(ended).toBe(4);
  });

  it('in the model', async () => {
    let [isTraining, steps] = [false, 0];
    const before = callbackOf({
      onBatchBegin: async () => {
        isTraining = true;
      },
      // First in the list: samples, which also compute the loss, come after it.
      onBatchEnd: async () => {
        isTraining = false;
      },
    });
    const model = plainModel();
    model.compile({
      optimizer: 'sgd',
      loss: (target: tf.Tensor, prediction: tf.Tensor) => {
        if (isTraining && ++steps % 3 === 0) throw new Error('theirs');
        return tf.mean(tf.square(tf.sub(target, prediction)), -1);
      },
    });
    const attempt = (callbacks: tfl.Callback[]) =>
      model.fit(x, y, {...fitArgs, callbacks: [before as never, ...callbacks]});
    const without = await leaks(attempt, []);
    const seen = curvatures.map(collect);
    expect(await leaks(attempt, curvatures)).toBe(without);
    expect(ended).toBe(2);
    expect(seen.map(({samples, failures}) => [samples.length, failures.length])).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });
});

describe('Failures without a subscriber', () => {
  it('are printed, but only the first of a run', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const curvature = new HessianSpectrumCallback({...everyStep, batch: () => Promise.reject(new Error('no data'))});
      await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
      await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
      expect(warn.mock.calls.map(([line]) => line)).toEqual(Array(2).fill(expect.stringContaining('no data')));
    } finally {
      warn.mockRestore();
    }
  });
});
