import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {blockIndices} from '../../src/operators/blocks/selected-block.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import type {LinearOperator} from '../../src/operators/linear-operator.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {engines, useEngine} from '../engines.js';

// tfjs-layers does not export the class.
type Regularizer = ReturnType<typeof tfl.regularizers.l2>;
const Regularizer = Object.getPrototypeOf(tfl.regularizers.l2().constructor) as new () => Regularizer;

/** λ Σ log(1 + w²), a custom regularizer. */
class LogRegularizer extends Regularizer {
  static readonly className = 'LogRegularizer';

  override apply(weight: tf.Tensor): tf.Scalar {
    return tf.tidy(() => tf.mul(0.3, tf.sum(tf.log(tf.add(1, tf.square(weight))))) as tf.Scalar);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

type Rows = number[][];
const dense = (op: LinearOperator): Rows => tf.tidy(() => op.matmat(tf.eye(op.size)).arraySync());

interface Regularizers {
  readonly kernel?: Regularizer;
  readonly bias?: Regularizer;
  readonly last?: Regularizer;
}

function make({kernel, bias, last}: Regularizers): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({
        ...{name: 'first', units: 3, inputShape: [2], activation: 'tanh'},
        kernelInitializer: tfl.initializers.randomNormal({seed: 1}),
        biasInitializer: tfl.initializers.randomNormal({seed: 2}),
        ...(kernel && {kernelRegularizer: kernel}),
        ...(bias && {biasRegularizer: bias}),
      }),
      tfl.layers.dense({
        ...{name: 'last', units: 1, kernelInitializer: tfl.initializers.randomNormal({seed: 3})},
        ...(last && {kernelRegularizer: last}),
      }),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

describe.each(engines)('regularizers on %s', engine => {
  beforeAll(() => useEngine(engine));

  const batch = () => ({
    x: tf.randomNormal([6, 2], 0, 1, 'float32', 4),
    y: tf.randomNormal([6, 1], 0, 1, 'float32', 5),
  });

  it('l2 adds λ ‖w‖² to the loss, 2 λ w to the gradient and 2 λ I to the block of its weight, l1 λ sign w to the gradient alone', async () => {
    const [l2, l1, both] = [0.2, 0.05, {l1: 0.01, l2: 0.4}];
    const model = make({
      kernel: tfl.regularizers.l2({l2}),
      bias: tfl.regularizers.l1({l1}),
      last: tfl.regularizers.l1l2(both),
    });
    const data = batch();
    const before = tf.memory().numTensors;
    for (const given of [data, [data, data]] as never[]) {
      const plain = await hessian(model, given);
      const whole = await hessian(model, given, {regularizers: true});
      const [w, added, expected] = tf.tidy(() => [
        model.getWeights().map(weight => [...weight.dataSync()]),
        [...tf.sub(whole.gradient(), plain.gradient()).dataSync()],
        dense(whole).map((row, i) => row.map((h, j) => h - dense(plain)[i]![j]!)),
      ]);
      const [kernel, bias, last] = [w[0]!, w[1]!, w[2]!];
      const squares = (values: number[]) => values.reduce((sum, x) => sum + x * x, 0);
      const sizes = (values: number[]) => values.reduce((sum, x) => sum + Math.abs(x), 0);
      const penalty = l2 * squares(kernel) + l1 * sizes(bias) + both.l1 * sizes(last) + both.l2 * squares(last);
      expect(whole.loss - plain.loss).toBeCloseTo(penalty, 5);
      const slopes = [
        ...kernel.map(x => 2 * l2 * x),
        ...bias.map(x => l1 * Math.sign(x)),
        ...last.map(x => both.l1 * Math.sign(x) + 2 * both.l2 * x),
        0,
      ];
      // Float32 rounding of numbers of about 1.
      for (const [i, x] of added.entries()) expect(Math.abs(x - slopes[i]!)).toBeLessThan(1e-6);
      const curved = [...kernel.map(() => 2 * l2), ...bias.map(() => 0), ...last.map(() => 2 * both.l2), 0];
      for (const [i, row] of expected.entries())
        for (const [j, x] of row.entries()) expect(Math.abs(x - (i === j ? curved[i]! : 0))).toBeLessThan(2e-6);
      whole.dispose();
      plain.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a custom regularizer adds its own second derivative, and the loss and the gradient are those of a training step', async () => {
    const model = make({kernel: new LogRegularizer()});
    const data = batch();
    const plain = await hessian(model, data);
    const whole = await hessian(model, data, {regularizers: true});
    const kernel = [...model.layers[0]!.getWeights()[0]!.dataSync()];
    const h = 1e-3;
    const f = (x: number) => 0.3 * Math.log(1 + x * x);
    // Central differences in float64: an error of h² f'''' / 12 < 1e-6.
    const second = kernel.map(x => (f(x + h) - 2 * f(x) + f(x - h)) / h ** 2);
    const indices = blockIndices(plain, {weight: 'first/kernel'});
    const [a, b] = [dense(whole.block({weight: 'first/kernel'})), dense(plain.block({weight: 'first/kernel'}))];
    expect(indices.length).toBe(6);
    for (const [i, row] of a.entries())
      for (const [j, x] of row.entries())
        expect(Math.abs(x - b[i]![j]! - (i === j ? second[i]! : 0))).toBeLessThan(3e-6);
    // A step of SGD with learning rate 1 moves the weights by the gradient.
    const gradient = whole.gradient().dataSync();
    const before = model.getWeights().flatMap(weight => [...weight.dataSync()]);
    model.compile({optimizer: tf.train.sgd(1), loss: 'meanSquaredError'});
    const loss = (await model.trainOnBatch(data.x, data.y)) as number;
    const after = model.getWeights().flatMap(weight => [...weight.dataSync()]);
    expect(whole.loss).toBeCloseTo(loss, 5);
    for (const [i, x] of gradient.entries()) expect(Math.abs(before[i]! - after[i]! - x)).toBeLessThan(1e-6);
    whole.dispose();
    plain.dispose();
  });

  it('a trace penalty in a layer’s configuration is left out', async () => {
    const model = make({kernel: new HessianTraceRegularizer({strength: 1}), last: tfl.regularizers.l2({l2: 0.5})});
    const data = batch();
    const plain = await hessian(model, data);
    const whole = await hessian(model, data, {regularizers: true});
    const difference = dense(whole).map((row, i) => row.map((x, j) => x - dense(plain)[i]![j]!));
    for (const [i, row] of difference.entries())
      for (const [j, x] of row.entries())
        expect(Math.abs(x - (i === j && i >= 9 && i < 12 ? 1 : 0))).toBeLessThan(2e-6);
    whole.dispose();
    plain.dispose();
  });
});

describe('with the option regularizers', () => {
  beforeAll(() => useEngine('cpu'));

  it('a callback samples the Hessian with them', async () => {
    const model = make({kernel: tfl.regularizers.l2({l2: 0.25}), bias: tfl.regularizers.l2({l2: 0.25})});
    const data = {x: tf.ones([2, 2]), y: tf.ones([2, 1])};
    const traces: number[] = [];
    for (const regularizers of [false, true]) {
      const curvature = new HessianSpectrumCallback({batch: data, regularizers});
      curvature.bind(model);
      const sample = await curvature.sample();
      traces.push(sample!.layers[0]!.trace.value);
      curvature.dispose();
    }
    // The layer has nine weights, and so few that its trace is exact.
    expect(traces[1]! - traces[0]!).toBeCloseTo(9 * 0.5, 5);
  });

  it('a curvature that is no Hessian refuses it', async () => {
    const model = make({});
    const data = {x: tf.ones([2, 2]), y: tf.ones([2, 1])};
    await expect(gaussNewton(model, data, {regularizers: true} as never)).rejects.toThrow(InvalidArgumentError);
    expect(() => new HessianSpectrumCallback({operator: 'gaussNewton', regularizers: true})).toThrow(
      /only the Hessian includes them/,
    );
  });
});
