import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {activationHessian} from '../../src/operators/activation-hessian.js';
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
