import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {attachRegularizer} from '../../../src/regularizers/attach-regularizer.js';
import {
  HessianTraceRegularizer,
  type HessianTraceRegularizerArgs,
} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {penalizedSteps} from '../../../src/regularizers/step/penalized-steps.js';
import {suggestStrength} from '../../../src/regularizers/strength/suggest-strength.js';
import {onWarning} from '../../../src/warnings.js';
import {engines, useEngine} from '../../engines.js';
import {gradientOfStep, minus} from '../training.js';

let messages: string[];
let stop: () => void;
beforeEach(() => {
  messages = [];
  stop = onWarning(({code, message}) => {
    if (code === 'strong-penalty') messages.push(message);
  });
});
afterEach(() => stop());

interface Kind {
  readonly args?: Omit<HessianTraceRegularizerArgs, 'strength'>;
  readonly configured?: boolean;
}

const kinds: Record<string, Kind> = {
  attached: {},
  'attached, with a joint probe': {args: {probe: 'joint', probes: 2}},
  'attached, of the Gauss–Newton matrix': {args: {curvature: 'gaussNewton'}},
  'attached, on the first rows': {args: {subBatch: 5}},
  'in the configuration of a layer': {configured: true},
};

/** A network with everything that a step changes or draws besides its weights, where `noisy`. */
function network(strength: number, {args, configured = false}: Kind, noisy: boolean) {
  const regularizer = new HessianTraceRegularizer({strength, ...args});
  const initializer = (seed: number) => layers.initializers.glorotNormal({seed});
  const model = layers.sequential({
    layers: [
      layers.layers.dense({
        ...{units: 6, activation: 'tanh', inputShape: [4], kernelInitializer: initializer(1), name: 'first'},
        ...(configured && {kernelRegularizer: regularizer}),
      }),
      ...(noisy ? [layers.layers.dropout({rate: 0.3}), layers.layers.batchNormalization({name: 'norm'})] : []),
      layers.layers.dense({units: 3, activation: 'softmax', kernelInitializer: initializer(2), name: 'last'}),
    ],
  });
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
  const attached = configured ? null : attachRegularizer(model, regularizer);
  return {model, attached};
}

const batch = () => ({
  x: tf.randomNormal([12, 4], 0, 1, 'float32', 5),
  y: tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 2, 1, 0, 0, 1, 2, 1, 1, 0], 'int32'), 3).toFloat()),
});

describe.each(engines)('a penalty that dwarfs the loss, on %s', engine => {
  beforeEach(() => useEngine(engine));

  it.each(Object.keys(kinds))('is warned of once, and no bit of the training changes: %s', async kind => {
    const {x, y} = batch();
    const {random} = Math;
    const train = async (isMeasured: boolean) => {
      let state = 1;
      Math.random = () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647;
      };
      const {model} = network(100, kinds[kind]!, true);
      if (!isMeasured) penalizedSteps(model).balance.stop();
      const {history} = await model.fit(x, y, {epochs: 12, batchSize: 12, verbose: 0});
      const weights = model.getWeights().map(weight => [...weight.dataSync()]);
      return [weights, history, state];
    };
    try {
      const alone = await train(false);
      expect(messages).toEqual([]);
      expect(await train(true)).toEqual(alone);
      expect(messages).toHaveLength(1);
    } finally {
      Math.random = random;
    }
    tf.dispose([x, y]);
  });

  it.each(Object.keys(kinds))('is warned of with the lengths of both gradients and the way out: %s', async kind => {
    const {x, y} = batch();
    const {model} = network(100, kinds[kind]!, false);
    const plain = network(0, {}, false).model;
    await model.fit(x, y, {epochs: 1, batchSize: 12, shuffle: false, verbose: 0});
    const [, penalty, step, strength, loss, suggested] = messages[0]!.match(
      /length (\S+) in step (\d+), with strength (\S+), and that of the loss (\S+), so .* A strength of (\S+) would/,
    )!;
    const again = network(100, kinds[kind]!, false).model;
    penalizedSteps(again).balance.stop();
    const lossGradient = gradientOfStep(plain, {x, y});
    const penaltyGradient = minus(gradientOfStep(again, {x, y}), lossGradient);
    // The message has three digits.
    expect(Number(penalty) / Math.hypot(...penaltyGradient)).toBeCloseTo(1, 2);
    expect(Number(loss) / Math.hypot(...lossGradient)).toBeCloseTo(1, 2);
    expect([step, strength]).toEqual(['1', '100']);
    expect(Number(suggested) / ((10 * Math.hypot(...lossGradient)) / Math.hypot(...penaltyGradient))).toBeCloseTo(1, 1);
    expect(messages[0]).toContain('suggestStrength(model, batch, regularizer)');
    tf.dispose([x, y]);
  });
});

describe('on a task of two classes', () => {
  beforeEach(() => useEngine('cpu'));

  const data = () =>
    tf.tidy(() => {
      const x = tf.randomNormal([120, 4], 0, 1, 'float32', 1);
      const y = tf.cast(tf.greater(tf.sum(tf.slice(x, [0, 0], [120, 2]), 1, true), 0), 'float32');
      return {x, y};
    });
  const classifier = () => {
    const initializer = (seed: number) => layers.initializers.glorotNormal({seed});
    const model = layers.sequential({
      layers: [
        layers.layers.dense({units: 12, activation: 'tanh', inputShape: [4], kernelInitializer: initializer(1)}),
        layers.layers.dense({units: 1, activation: 'sigmoid', kernelInitializer: initializer(2)}),
      ],
    });
    model.compile({optimizer: tf.train.adam(0.03), loss: 'binaryCrossentropy', metrics: ['accuracy']});
    return model;
  };

  it('a strength of 10, with which accuracy stays at chance, is warned of once; a tenth of the loss never', async () => {
    const {x, y} = data();
    const accuracyWith = async (strength: number) => {
      const model = classifier();
      attachRegularizer(model, new HessianTraceRegularizer({strength}));
      // 110 steps: three of them are measured, the last where the loss is small.
      await model.fit(x, y, {epochs: 22, batchSize: 24, shuffle: false, verbose: 0});
      const [loss, accuracy] = model.evaluate(x, y) as tf.Scalar[];
      const value = accuracy!.dataSync()[0]!;
      tf.dispose([loss!, accuracy!]);
      return value;
    };
    const {strength} = await suggestStrength(classifier(), {x, y}, new HessianTraceRegularizer({strength: 1}));
    expect(await accuracyWith(strength)).toBeGreaterThan(0.9);
    expect(messages).toEqual([]);
    expect(await accuracyWith(10)).toBeLessThan(0.7);
    expect(messages).toHaveLength(1);
    tf.dispose([x, y]);
  });

  it('a strength that grows during the training is warned of when it dwarfs the loss', async () => {
    const {x, y} = data();
    const model = classifier();
    attachRegularizer(model, new HessianTraceRegularizer({strength: step => (step < 10 ? 0 : 1000)}));
    for (let step = 1; step <= 9; step++) await model.trainOnBatch(x, y);
    expect(messages).toEqual([]);
    await model.trainOnBatch(x, y);
    expect(messages).toEqual([expect.stringMatching(/in step 10, with strength 1000/)]);
    tf.dispose([x, y]);
  });

  it('leaves no tensors behind, and gives penalty$ no further point', async () => {
    const {x, y} = data();
    const model = classifier();
    const {penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 100}));
    await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    const steps: number[] = [];
    penalty$.subscribe(({step}) => steps.push(step));
    // The tenth step is measured.
    penalizedSteps(model).balance.restart();
    for (let step = 2; step <= 12; step++) await model.trainOnBatch(x, y);
    detach();
    expect(messages).toHaveLength(2);
    expect(steps).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, y]);
  });

  it('a sweep over strengths warns of none', async () => {
    const {x, y} = data();
    await suggestStrength(classifier(), {x, y}, new HessianTraceRegularizer({strength: 1}), {
      ...{validation: {x, y}, strengths: [100], steps: 2, repeats: 2, draws: 1},
    });
    expect(messages).toEqual([]);
    tf.dispose([x, y]);
  });
});
