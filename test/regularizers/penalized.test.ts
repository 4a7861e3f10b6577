import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {penalized} from '../../src/regularizers/penalized.js';
import {useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {smallBatch, smallMlp} from './small-models.js';
import {runStep, weightsOf} from './training.js';

const penalty = (args = {}) => new HessianTraceRegularizer({strength: 0.5, seed: 3, ...args});

describe('penalized', () => {
  beforeAll(() => useEngine('native'));

  it.each([{}, {every: 2, probes: 2}])('trains as an attached regularizer does in fit (%o)', args => {
    const {x, y} = smallBatch();
    const attached = smallMlp();
    attachRegularizer(attached, penalty(args), {layers: 'middle'});
    const own = smallMlp({compiled: false});
    const withPenalty = penalized(own, penalty(args), {layers: 'middle'});
    const optimizer = tf.train.sgd(0.1);
    const loss = () => tf.mean(layers.metrics.categoricalCrossentropy(y, own.apply(x, {training: true}) as tf.Tensor));
    for (let step = 0; step < 3; step++) {
      runStep(attached, {x, y});
      optimizer.minimize(withPenalty(loss as () => tf.Scalar));
    }
    expect(relativeError(weightsOf(own), weightsOf(attached))).toBeLessThan(1e-6);
  });

  it('streams the penalties, gives its directions, and leaves no tensors', async () => {
    const {x, y} = smallBatch();
    const model = smallMlp();
    const withPenalty = penalized(model, penalty(), {initialStep: 4});
    expect(withPenalty.layers).toEqual(['first', 'second', 'last']);
    expect(withPenalty.direction({step: 5, layer: 'last'})).toHaveLength(15);
    const points: {step: number; total: number}[] = [];
    withPenalty.penalty$.subscribe(point => points.push(point));
    const loss = () => tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor) as tf.Scalar;
    const optimizer = tf.train.sgd(0.1);
    const plain = tf.tidy(() => loss().dataSync()[0]!);
    const step = () => optimizer.minimize(withPenalty(loss), true)!;
    const first = step();
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(points.map(point => point.step)).toEqual([5]);
    expect(first.dataSync()[0]! - plain).toBeCloseTo(points[0]!.total, 5);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step().dispose();
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses options that need the batch or the outputs', () => {
    expect(() => penalized(smallMlp(), penalty({subBatch: 3}))).toThrow(/subBatch does not go with penalized/);
    expect(() => penalized(smallMlp(), penalty({curvature: 'gaussNewton'}))).toThrow(/gaussNewton.*attachRegularizer/);
  });
});
