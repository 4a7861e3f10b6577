import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {useEngine} from '../../engines.js';
import {distance, fitTheSame, historyDistance, type Trained, trainBothWays} from './both-ways.js';

const {layers} = tfl;
const SAMPLES = 10;
const x = () => tf.randomNormal([SAMPLES, 4], 0, 1, 'float32', 1);
const y = () => tf.tidy(() => tf.cast(tf.oneHot(tf.randomUniform([SAMPLES], 0, 3, 'int32', 2), 3), 'float32'));

type DenseArgs = Omit<Parameters<typeof layers.dense>[0], 'units'>;

/** A perceptron of three classes. */
function perceptron(args: DenseArgs = {}, optimizer: () => tf.Optimizer = () => tf.train.sgd(0.1)): () => LayersModel {
  return () => {
    const model = tfl.sequential();
    model.add(layers.dense({units: 5, activation: 'tanh', inputShape: [4], ...args}));
    model.add(layers.dense({units: 3, activation: 'softmax'}));
    model.compile({optimizer: optimizer(), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    return model;
  };
}

/** An optimizer of one's own: the sign of the gradient. */
class SignDescent extends tf.Optimizer {
  static readonly className = 'SignDescent';

  override applyGradients(gradients: {name: string; tensor: tf.Tensor}[]): void {
    tf.tidy(() => {
      for (const {name, tensor} of gradients) {
        const variable = tf.engine().registeredVariables[name]!;
        variable.assign(tf.sub(variable, tf.mul(tf.sign(tensor), 0.001)));
      }
    });
  }

  override getConfig() {
    return {};
  }
}

function sharedLayer(): LayersModel {
  const [a, b] = [tfl.input({shape: [4]}), tfl.input({shape: [4]})];
  const shared = layers.dense({units: 3, activation: 'tanh'});
  const sum = layers.add().apply([shared.apply(a), shared.apply(b)] as tfl.SymbolicTensor[]);
  const outputs = layers.dense({units: 3, activation: 'softmax'}).apply(sum) as tfl.SymbolicTensor;
  const model = tfl.model({inputs: [a, b], outputs});
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  return model;
}

type Train = (model: LayersModel) => Promise<Trained['history'] | undefined>;
const fitted: Train = model => fitTheSame(model, x(), y());

const cases: [string, () => LayersModel, Train][] = [
  ['a constraint of the norm', perceptron({kernelConstraint: 'maxNorm', biasConstraint: 'nonNeg'}), fitted],
  ['unit norms', perceptron({kernelConstraint: 'unitNorm'}), fitted],
  [
    'L1 and L2',
    perceptron({kernelRegularizer: tfl.regularizers.l1l2({l1: 0.01, l2: 0.02}), biasRegularizer: 'l1l2'}),
    fitted,
  ],
  ['Adagrad', perceptron({}, () => tf.train.adagrad(0.05)), fitted],
  ['Adadelta', perceptron({}, () => tf.train.adadelta(0.5)), fitted],
  ['Adamax', perceptron({}, () => tf.train.adamax(0.01)), fitted],
  ['Nesterov momentum', perceptron({}, () => tf.train.momentum(0.05, 0.9, true)), fitted],
  ['an optimizer of one’s own', perceptron({}, () => new SignDescent()), fitted],
  ['a layer that is used twice', sharedLayer, model => fitTheSame(model, [x(), tf.neg(x())], y())],
  [
    'a last batch that is smaller',
    perceptron(),
    model => fitTheSame(model, x(), y(), {batchSize: 4, epochs: 20, validationSplit: 0.2}),
  ],
  ['weights of classes', perceptron(), model => fitTheSame(model, x(), y(), {classWeight: {0: 1, 1: 3, 2: 0.5}})],
  [
    'a data set',
    perceptron(),
    async model => {
      // What `fitDataset` asks of a data set: tfjs-data is not among the packages here.
      const dataset = {
        size: 5,
        iterator: () => {
          let next = 0;
          return Promise.resolve({
            next: () =>
              Promise.resolve(
                next++ < 5 ? {done: false, value: {xs: tf.mul(x(), next / 5), ys: y()}} : {done: true, value: null},
              ),
          });
        },
      } as unknown as Parameters<LayersModel['fitDataset']>[0];
      const {history} = await model.fitDataset(dataset, {epochs: 10, verbose: 0});
      return history as Trained['history'];
    },
  ],
];

describe('compileTraining, beside the layers', () => {
  beforeAll(() => useEngine('native'));

  it.each(cases)('trains with %s as plain steps do', async (_, build, train) => {
    const {compiled, plain} = await trainBothWays(build, train);
    expect(compiled.warnings).toEqual([]);
    expect(compiled.compiledSteps).toBeGreaterThan(0);
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
    expect(historyDistance(compiled, plain)).toBeLessThan(1e-5);
  });
});
