import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {activationHessian, inputHessian} from '../../src/operators/activation-hessian.js';
import {hessian} from '../../src/operators/hessian.js';
import {sampleCurvature} from '../../src/operators/sample-curvature.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../references.js';

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('the Hessian in a layer’s output is that of the layers behind it as a function of it', async () => {
    const reference = readReference('mlp_tanh');
    const model = await loadReferenceModel('mlp_tanh', reference);
    const batch = referenceBatch(reference);
    const before = tf.memory().numTensors;
    const A = await activationHessian(model, batch, {layer: 'd1'});
    expect(A.shape).toEqual([12, 8]);
    expect(A.loss).toBeCloseTo(reference.loss, 5);
    // The same function written out, with the activations as a variable.
    const activations = tf.tidy(() => {
      const first = model.layers.find(({name}) => name === 'd1')!;
      return tf.variable(first.apply(batch.x[0]!) as tf.Tensor);
    });
    const behind = (a: tf.Tensor) =>
      ['d2', 'd3'].reduce((x, name) => model.layers.find(layer => layer.name === name)!.apply(x) as tf.Tensor, a);
    const H = await hessian(
      () => tf.mean(tf.neg(tf.sum(tf.mul(batch.y[0]!, tf.log(behind(activations))), -1))) as tf.Scalar,
      [activations],
    );
    const V = tf.randomNormal<tf.Rank.R2>([96, 3], 0, 1, 'float32', 1);
    expect(relativeError(A.matmat(V).dataSync(), H.matmat(V).dataSync())).toBeLessThan(1e-5);
    const v = tf.slice(V, [0, 0], [96, 1]).reshape([96]) as tf.Tensor1D;
    expect(relativeError(A.matvec(v).dataSync(), H.matvec(v).dataSync())).toBeLessThan(1e-5);
    H.dispose();
    A.dispose();
    expect(() => A.matvec(v)).toThrow(/disposed/);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    await expect(activationHessian(model, batch, {layer: 'd9'})).rejects.toThrow(/"d9".*d1, d2, d3/);
  });

  it('the Hessian in the input is the float64 one of a tanh layer, a block a sample', async () => {
    const [samples, features, units] = [3, 2, 2];
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units, inputShape: [features], activation: 'tanh', name: 'only'})],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const x = tf.randomNormal([samples, features], 0, 1, 'float32', 1);
    const y = tf.randomNormal([samples, units], 0, 1, 'float32', 2);
    const before = tf.memory().numTensors;
    const A = await inputHessian(model, {x, y});
    const dense = tf.tidy(() => A.matmat(tf.eye(A.size)).arraySync()) as number[][];
    expect(A.shape).toEqual([samples, features]);
    const [W, b] = model.getWeights().map(weight => weight.arraySync()) as [number[][], number[]];
    const [xs, ys] = [x.arraySync(), y.arraySync()] as [number[][], number[][]];
    for (let i = 0; i < samples; i++) {
      // d²/dz² (tanh z − y)² = 2 (1 − t²)² − 4 (t − y) t (1 − t²)
      const curvature = b.map((bias, u) => {
        const t = Math.tanh(bias + xs[i]!.reduce((sum, value, f) => sum + value * W[f]![u]!, 0));
        return (2 * (1 - t * t) ** 2 - 4 * (t - ys[i]![u]!) * t * (1 - t * t)) / (samples * units);
      });
      for (let f = 0; f < features; f++) {
        for (let at = 0; at < A.size; at++) {
          const other = at - i * features;
          const isOwn = other >= 0 && other < features;
          const exact = isOwn ? curvature.reduce((sum, c, u) => sum + c * W[f]![u]! * W[other]![u]!, 0) : 0;
          // Float32 rounding of numbers of about 1.
          expect(Math.abs(dense[i * features + f]![at]! - exact)).toBeLessThan(2e-6);
        }
      }
    }
    A.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await expect(inputHessian(model, {x, y}, {input: 'odd'})).rejects.toThrow(/They are: /);
  });

  it('the Hessian in one of two inputs is that of the loss as a function of it', async () => {
    const [a, b] = [tfl.input({shape: [2], name: 'left'}), tfl.input({shape: [3], name: 'right'})];
    const joined = tfl.layers.concatenate().apply([a, b]);
    const hidden = tfl.layers.dense({units: 3, activation: 'tanh'});
    const last = tfl.layers.dense({units: 1});
    const model = tfl.model({inputs: [a, b], outputs: last.apply(hidden.apply(joined)) as tfl.SymbolicTensor});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const left = tf.randomNormal([2, 2], 0, 1, 'float32', 3);
    const right = tf.variable(tf.randomNormal([2, 3], 0, 1, 'float32', 4));
    const y = tf.randomNormal([2, 1], 0, 1, 'float32', 5);
    const A = await inputHessian(model, {x: [left, tf.clone(right)], y}, {input: 'right'});
    const H = await hessian(
      () => tf.losses.meanSquaredError(y, model.apply([left, right]) as tf.Tensor) as tf.Scalar,
      [right],
    );
    const [own, other] = [A, H].map(op => op.matmat(tf.eye(6)).dataSync());
    expect(relativeError(own!, other!)).toBeLessThan(1e-5);
    await expect(inputHessian(model, {x: [left, right], y})).rejects.toThrow(/2 inputs: left, right/);
    await expect(inputHessian(model, {x: [left, right], y}, {input: 'rigth'})).rejects.toThrow(/mean "right"/);
    A.dispose();
    H.dispose();
  });

  it('tokens of an embedding have no Hessian', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.embedding({inputDim: 4, outputDim: 2, inputLength: 3}),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 1}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const before = tf.memory().numTensors;
    const batch = {x: tf.tensor2d([[0, 1, 2]]), y: tf.ones([1, 1])};
    await expect(inputHessian(model, batch)).rejects.toThrow(/does not depend differentiably on the input/);
    expect(tf.memory().numTensors).toBe(before + 2);
  });

  it('samples’ curvatures average to the trace of the whole', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 3, inputShape: [2], activation: 'tanh', name: 'first'}),
        tfl.layers.dense({units: 2, activation: 'softmax', name: 'last'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const x = tf.randomNormal([4, 2], 0, 1, 'float32', 1);
    const y = tf.oneHot(tf.tensor1d([0, 1, 1, 0], 'int32'), 2).toFloat();
    const before = tf.memory().numTensors;
    const scores = await sampleCurvature(model, {x, y}, {layers: ['last'], probes: 400, seed: 2});
    expect(tf.memory().numTensors).toBe(before + 1);
    const v = tf.randomNormal<tf.Rank.R1>([8], 0, 1, 'float32', 3);
    const forms = await sampleCurvature(model, {x, y}, {layers: ['last'], direction: v});
    for (let i = 0; i < 4; i++) {
      const H = await hessian(model, {x: tf.slice(x, [i, 0], [1, 2]), y: tf.slice(y, [i, 0], [1, 2])});
      const block = H.block('last');
      const dense = (await block.matmat(tf.eye(block.size) as tf.Tensor2D).array()) as number[][];
      const form = v.dot(block.matvec(v)).dataSync()[0]!;
      expect(Math.abs(forms.dataSync()[i]! - form)).toBeLessThan(1e-5 * Math.abs(form) + 1e-6);
      const trace = dense.reduce((sum, row, j) => sum + row[j]!, 0);
      const offDiagonal = Math.sqrt(
        2 * dense.flatMap((row, a) => row.filter((_, b) => b !== a)).reduce((s, h) => s + h * h, 0),
      );
      // Five standard errors of the mean of 400 probes.
      expect(Math.abs(scores.dataSync()[i]! - trace)).toBeLessThan((5 * offDiagonal) / 20 + 1e-6);
    }
  });
});
