import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError, UnsupportedKernelError} from '../../src/errors.js';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {smallBatch, smallMlp} from './small-models.js';
import {GradientReader, gradientOfStep, minus, recompile, runStep, weightsOf} from './training.js';

const penalty = (args: Partial<ConstructorParameters<typeof HessianTraceRegularizer>[0]> = {}) =>
  new HessianTraceRegularizer({strength: 0.5, seed: 3, ...args});

function unflattened(weights: readonly number[], model: LayersModel): tf.Tensor[] {
  let at = 0;
  return model.trainableWeights.map(weight => {
    const {shape, size} = weight.read();
    at += size;
    return tf.tensor(weights.slice(at - size, at), shape);
  });
}

async function trained(model: LayersModel, steps = 2): Promise<number[]> {
  const {x, y} = smallBatch();
  for (let i = 0; i < steps; i++) await model.trainOnBatch(x, y);
  return weightsOf(model);
}

describe('attachRegularizer', () => {
  beforeAll(() => useEngine('native'));

  it('penalizes in fit, fitDataset and trainOnBatch alike', async () => {
    const {x, y} = smallBatch();
    const one = async (train: (model: LayersModel) => Promise<unknown>) => {
      const model = smallMlp();
      attachRegularizer(model, penalty());
      await train(model);
      return weightsOf(model);
    };
    const expected = await one(model => model.trainOnBatch(x, y));
    expect(await one(model => model.fit(x, y, {epochs: 1, batchSize: 8, shuffle: false, verbose: 0}))).toEqual(
      expected,
    );
    const {data} = await import('@tensorflow/tfjs-node-gpu');
    const batches = data.array([{xs: x, ys: y}]);
    expect(await one(model => model.fitDataset(batches, {epochs: 1, batchesPerEpoch: 1, verbose: 0}))).toEqual(
      expected,
    );
    expect(await trained(smallMlp(), 1)).not.toEqual(expected);
  });

  it('penalizes a model that is compiled before, again, or only afterwards', async () => {
    const before = smallMlp();
    attachRegularizer(before, penalty());
    const expected = await trained(before);

    const recompiled = smallMlp();
    attachRegularizer(recompiled, penalty());
    recompiled.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    expect(await trained(recompiled)).toEqual(expected);

    const later = smallMlp({compiled: false});
    attachRegularizer(later, penalty());
    later.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    expect(await trained(later)).toEqual(expected);

    const functional = (compileFirst: boolean) => {
      const {inputs, outputs} = smallMlp();
      const model = layers.model({inputs, outputs});
      const compile = () => model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
      if (compileFirst) compile();
      attachRegularizer(model, penalty());
      compile();
      return model;
    };
    expect(await trained(functional(false))).toEqual(expected);
    expect(await trained(functional(true))).toEqual(expected);
  });

  it('trains bit for bit like a plain model once it is detached, or with a strength of 0', async () => {
    const plain = await trained(smallMlp());
    const detached = smallMlp();
    const {detach} = attachRegularizer(detached, penalty());
    detach();
    detach();
    expect(await trained(detached)).toEqual(plain);
    for (const strength of [0, () => 0]) {
      const weightless = smallMlp();
      attachRegularizer(weightless, penalty({strength}));
      expect(await trained(weightless)).toEqual(plain);
    }
    const dropout = () => {
      const model = layers.sequential({
        layers: [...smallMlp({compiled: false}).layers.slice(0, 1), layers.layers.dropout({rate: 0.5})],
      });
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model;
    };
    const draws = async (prepare: (model: LayersModel) => void) => {
      const {random} = Math;
      let state = 1;
      Math.random = () => {
        state = (state * 16807) % 2147483647;
        return state / 2147483647;
      };
      try {
        const model = dropout();
        prepare(model);
        await model.trainOnBatch(smallBatch().x, tf.ones([8, 5]));
        return Math.random();
      } finally {
        Math.random = random;
      }
    };
    expect(await draws(model => attachRegularizer(model, penalty()))).toBe(await draws(() => {}));
  });

  it('does not change a bit of evaluate, predict and the validation loss', async () => {
    const {x, y} = smallBatch();
    const see = async (model: LayersModel) => ({
      loss: (model.evaluate(x, y) as tf.Scalar).dataSync()[0],
      prediction: [...(model.predict(x) as tf.Tensor).dataSync()],
      validation: (await model.fit(x, y, {epochs: 1, batchSize: 8, verbose: 0, validationData: [x, y]})).history
        .val_loss,
    });
    const still = (attached: boolean) => {
      const model = smallMlp({optimizer: new GradientReader()});
      if (attached) attachRegularizer(model, penalty());
      return see(model);
    };
    expect(await still(true)).toEqual(await still(false));
  });

  it('trains the same with a callback that samples spectra, and the spectra are without the penalty', async () => {
    const {x, y} = smallBatch();
    const train = async (sampled: boolean) => {
      const model = smallMlp();
      attachRegularizer(model, penalty());
      const callback = new HessianSpectrumCallback({schedule: everyBatches(1), batch: {x, y}});
      const samples: HessianSample[] = [];
      callback.samples$.subscribe(sample => samples.push(sample));
      await model.fit(x, y, {
        epochs: 2,
        batchSize: 4,
        shuffle: false,
        verbose: 0,
        callbacks: sampled ? [callback] : [],
      });
      return {weights: weightsOf(model), samples};
    };
    const {weights, samples} = await train(true);
    expect(weights).toEqual((await train(false)).weights);
    expect(samples).toHaveLength(4);
    const model = smallMlp();
    model.setWeights(unflattened(weights, model));
    const H = await hessian(model, {x, y});
    expect(samples.at(-1)!.loss).toBeCloseTo(H.loss, 6);
    H.dispose();
  });

  it('adds up: two attachments and a configured one, while other models are not affected', async () => {
    const batch = smallBatch();
    const plain = gradientOfStep(smallMlp(), batch);
    const moveOf = (prepare: (model: LayersModel) => void, model: LayersModel = smallMlp()) => {
      prepare(model);
      return minus(gradientOfStep(model, batch), plain);
    };
    const first = moveOf(model => attachRegularizer(model, penalty(), {layers: ['first']}));
    const last = moveOf(model => attachRegularizer(model, penalty({strength: 2}), {layers: ['last']}));
    const configured = moveOf(() => {}, smallMlp({regularizer: penalty() as never}));
    const all = moveOf(
      model => {
        attachRegularizer(model, penalty(), {layers: ['first']});
        attachRegularizer(model, penalty({strength: 2}), {layers: ['last']});
      },
      smallMlp({regularizer: penalty() as never}),
    );
    const sum = first.map((entry, i) => entry + last[i]! + configured[i]!);
    expect(relativeError(all, sum)).toBeLessThan(1e-5);
    expect(moveOf(() => {})).toEqual(plain.map(() => 0));
  });

  it('goes on if one of two attachments is detached', () => {
    const batch = smallBatch();
    const model = smallMlp();
    const {detach} = attachRegularizer(model, penalty(), {layers: ['first']});
    attachRegularizer(model, penalty({strength: 2}), {layers: ['last']});
    detach();
    detach();
    const other = smallMlp();
    attachRegularizer(other, penalty({strength: 2}), {layers: ['last']});
    expect(gradientOfStep(model, batch)).toEqual(gradientOfStep(other, batch));
  });

  it('refuses a frozen layer, and does not penalize a layer while it is frozen', () => {
    const batch = smallBatch();
    const frozen = smallMlp({compiled: false});
    frozen.getLayer('second').trainable = false;
    expect(() => attachRegularizer(frozen, penalty(), {layers: ['second']})).toThrow(/Layer "second" is frozen now/);
    expect(attachRegularizer(frozen, penalty()).layers).toEqual(['first', 'last']);
    const model = smallMlp();
    const {layers: names} = attachRegularizer(model, penalty(), {layers: ['second']});
    expect(names).toEqual(['second']);
    model.getLayer('second').trainable = false;
    const plain = smallMlp();
    plain.getLayer('second').trainable = false;
    expect(gradientOfStep(model, batch)).toEqual(gradientOfStep(plain, batch));
  });

  it.each(['first', 'second'])('selects by predicate, by name and by position: %s', name => {
    const model = smallMlp();
    expect(attachRegularizer(model, penalty(), {layers: layer => layer.name === name}).layers).toEqual([name]);
    expect(attachRegularizer(model, penalty(), {layers: 'middle'}).layers).toEqual(['second']);
    expect(attachRegularizer(model, penalty(), {layers: {middle: 2}}).layers).toEqual(['first', 'second']);
  });

  it.each(['joint', 'independent'] as const)('penalizes the middle half of the weights with %s probes', async probe => {
    const batch = smallBatch();
    const model = smallMlp();
    const {layers: names, direction} = attachRegularizer(model, penalty({probe}), {layers: {middle: 'half'}});
    expect(names).toEqual(['first', 'second', 'last']);
    // Of the 6 weights, those of index 1 to 4: the first kernel (20) and the last bias (3) are left out.
    const parts = names.map(layer => [...direction({step: 1, layer})]);
    expect(parts.map(({length}) => length)).toEqual([5, 24, 12]);
    const pad = (at: number) =>
      parts.flatMap((part, i) => {
        const inside = probe === 'joint' || i === at ? part : part.map(() => 0);
        return i === 0 ? [...new Array<number>(20).fill(0), ...inside] : inside;
      });
    const directions = probe === 'joint' ? [pad(0)] : [pad(0), pad(1), pad(2)];
    const expected = new Array<number>(64).fill(0);
    for (const v of directions) {
      const {gradient} = await quadraticForm(smallMlp(), batch, {direction: tf.tensor1d([...v, 0, 0, 0])});
      for (const [i, entry] of gradient.dataSync().entries()) expected[i]! += 0.5 * entry;
    }
    const added = minus(gradientOfStep(model, batch), gradientOfStep(smallMlp(), batch));
    // float32, of a difference.
    expect(relativeError(added, expected)).toBeLessThan(1e-5);
  });

  const optimizers: [string, () => tf.Optimizer][] = [
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.1, 0.9, true)],
    // Where it is centered, TensorFlow.js takes epsilon from the variance: small gradients make the root of a larger one NaN.
    ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-14, true)],
    ['adam', () => tf.train.adam(0.01)],
    ['adamax', () => tf.train.adamax(0.01)],
    ['adagrad', () => tf.train.adagrad(0.1)],
    ['adadelta', () => tf.train.adadelta(0.5)],
    ['clipping', () => new ClippedSgd(0.1)],
  ];

  it.each(optimizers)('gives the gradient of loss and penalty together to %s', (_name, make) => {
    const batch = smallBatch();
    const reader = smallMlp();
    attachRegularizer(reader, penalty());
    const model = smallMlp();
    attachRegularizer(model, penalty());
    recompile(model, make());
    const expected = smallMlp();
    const optimizer = make();
    for (let step = 0; step < 3; step++) {
      reader.setWeights(model.getWeights());
      const gradient = gradientOfStep(reader, batch);
      runStep(model, batch);
      let at = 0;
      const named = expected.trainableWeights.map(weight => {
        const {name, shape, size} = weight.read() as tf.Variable;
        at += size;
        return {name, tensor: tf.tensor(gradient.slice(at - size, at), shape)};
      });
      optimizer.applyGradients(named);
      expect(relativeError(weightsOf(expected), weightsOf(model))).toBeLessThan(1e-6);
    }
  });

  it('goes on with probes, `every` and schedules where a saved optimizer left off', async () => {
    const batch = smallBatch();
    const args = {strength: (step: number) => step / 10, every: 2};
    const whole = smallMlp({optimizer: tf.train.adam(0.01)});
    attachRegularizer(whole, penalty(args));
    const half = smallMlp({optimizer: tf.train.adam(0.01)});
    attachRegularizer(half, penalty(args));
    for (let step = 0; step < 3; step++) {
      runStep(whole, batch);
      runStep(half, batch);
    }
    const resumed = smallMlp();
    resumed.setWeights(half.getWeights());
    const optimizer = tf.train.adam(0.01);
    await optimizer.setWeights(await half.optimizer.getWeights());
    recompile(resumed, optimizer);
    attachRegularizer(resumed, penalty(args));
    for (let step = 0; step < 3; step++) {
      runStep(whole, batch);
      runStep(resumed, batch);
    }
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });

  it('takes the count of steps from its caller if the optimizer has none', () => {
    const batch = smallBatch();
    const model = smallMlp({optimizer: tf.train.sgd(0)});
    attachRegularizer(model, penalty());
    for (let step = 0; step < 3; step++) runStep(model, batch);
    const resumed = smallMlp();
    attachRegularizer(resumed, penalty(), {initialStep: 3});
    recompile(model, tf.train.sgd(0.1));
    runStep(model, batch);
    runStep(resumed, batch);
    expect(weightsOf(resumed)).toEqual(weightsOf(model));
  });

  it('refuses an invalid model, selection or regularizer', () => {
    expect(() => attachRegularizer(layers.sequential(), penalty())).toThrow(InvalidArgumentError);
    expect(() => attachRegularizer(layers.sequential(), penalty())).toThrow(/add its layers first/);
    expect(() => attachRegularizer(smallMlp(), layers.regularizers.l2({l2: 1}) as never)).toThrow(
      /HessianTraceRegularizer/,
    );
    expect(() => attachRegularizer(smallMlp(), penalty(), {layers: ['secnd']})).toThrow(/did you mean "second"/);
    expect(() => attachRegularizer(smallMlp(), penalty(), {initialStep: -1})).toThrow(/initialStep is -1/);
  });
});

/** The way to clip in TensorFlow.js, whose optimizers do not. */
class ClippedSgd extends tf.SGDOptimizer {
  override applyGradients(gradients: tf.NamedTensorMap | {name: string; tensor: tf.Tensor}[]): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({name, tensor}));
    tf.tidy(() =>
      super.applyGradients(named.map(({name, tensor}) => ({name, tensor: tf.clipByValue(tensor, -0.02, 0.02)}))),
    );
  }
}

describe('a kernel without a second-order rule', () => {
  beforeAll(async () => {
    await useEngine('native');
    tf.registerKernel({
      kernelName: 'Doubling',
      backendName: 'tensorflow',
      kernelFunc: ({inputs}) => tf.mul(inputs.x as tf.Tensor, 2),
    });
    tf.registerGradient({kernelName: 'Doubling', gradFunc: dy => ({x: () => tf.mul(dy as tf.Tensor, 2)})});
  });

  class Doubling extends layers.layers.Layer {
    static readonly className = 'Doubling';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.engine().runKernel('Doubling', {x: [inputs].flat()[0]!}) as tf.Tensor;
    }
  }

  const build = (inputShape: (number | null)[], compiled = true) => {
    const model = layers.sequential({
      layers: [
        layers.layers.dense({name: 'before', units: 3, inputShape}),
        new Doubling({name: 'doubling'}),
        layers.layers.dense({name: 'after', units: 3}),
      ],
    });
    if (compiled) model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    return model;
  };

  it.each([true, false])('is named with its layer when the penalty is attached (compiled: %s)', compiled => {
    const attach = () => attachRegularizer(build([4], compiled), penalty());
    expect(attach).toThrow(UnsupportedKernelError);
    expect(attach).toThrow(/Kernel "Doubling" \(layer "doubling"\)/);
  });

  it('is allowed after the penalized layer', async () => {
    const model = build([4]);
    attachRegularizer(model, penalty(), {layers: ['after']});
    await expect(model.trainOnBatch(tf.ones([2, 4]), tf.ones([2, 3]))).resolves.toBeTypeOf('number');
  });

  it('is named when a model with a regularizer in its configuration is compiled', () => {
    const model = layers.sequential({
      layers: [
        layers.layers.dense({units: 3, inputShape: [4], kernelRegularizer: penalty() as never}),
        new Doubling({name: 'doubling'}),
      ],
    });
    expect(() => model.compile({optimizer: 'sgd', loss: 'meanSquaredError'})).toThrow(
      /"Doubling" \(layer "doubling"\)/,
    );
  });

  it('is named in the first step if the model cannot run on zeros, and no weight moves', async () => {
    const model = layers.sequential({
      layers: [
        layers.layers.dense({name: 'before', units: 3, inputShape: [4]}),
        new Doubling({name: 'doubling'}),
        new (class Picky extends layers.layers.Layer {
          static readonly className = 'Picky';
          override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
            const [x] = [inputs].flat() as [tf.Tensor];
            if (x.shape[0] !== 5) throw new Error('I take five samples');
            return x;
          }
        })({}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    attachRegularizer(model, penalty());
    const before = weightsOf(model);
    await expect(model.trainOnBatch(tf.ones([5, 4]), tf.ones([5, 3]))).rejects.toThrow(
      /"Doubling" \(layer "doubling"\)/,
    );
    expect(weightsOf(model)).toEqual(before);
  });

  it('leaves no tensors and no change when it is looked for', () => {
    const model = layers.sequential({
      layers: [
        layers.layers.dense({units: 4, inputShape: [4]}),
        layers.layers.batchNormalization(),
        layers.layers.dropout({rate: 0.5}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mse']});
    const before = {weights: model.getWeights().map(weight => [...weight.dataSync()]), tensors: tf.memory().numTensors};
    attachRegularizer(model, penalty());
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before.weights);
  });

  it('does not change the states of a stateful layer', async () => {
    const train = async (attached: boolean) => {
      const model = layers.sequential({
        layers: [
          layers.layers.simpleRNN({
            ...{units: 3, batchInputShape: [2, 4, 2], stateful: true},
            kernelInitializer: layers.initializers.randomNormal({seed: 1}),
            recurrentInitializer: layers.initializers.randomNormal({seed: 2}),
          }),
        ],
      });
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      const [x, y] = [tf.randomNormal([2, 4, 2], 0, 1, 'float32', 3), tf.ones([2, 3])];
      await model.trainOnBatch(x, y);
      if (attached) attachRegularizer(model, penalty()).detach();
      await model.trainOnBatch(x, y);
      return weightsOf(model);
    };
    expect(await train(true)).toEqual(await train(false));
  });
});
