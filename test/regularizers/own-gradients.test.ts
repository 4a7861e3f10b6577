import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {NotAHessianError} from '../../src/errors.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {penalized} from '../../src/regularizers/penalized.js';
import {collectWarnings} from '../collect-warnings.js';
import {engines, useEngine} from '../engines.js';
import {modelWith, random, SlopeLayer, type Trick, TrickLayer, tricks, WrittenSlopeLayer} from '../own-gradients.js';
import {relativeError} from '../references.js';
import {GradientReader, minus, recompile, runStep} from './training.js';

const batchOf = () => ({x: random([6, 3], 11), y: random([6, 2], 12)});

/** What the penalty adds to the gradient of a step. Layers are named alike in all models: probes go by names. */
function penaltyGradient(model: LayersModel): number[] {
  const gradients = [false, true].map(penalizes => {
    const reader = new GradientReader();
    recompile(model, reader);
    const names = model.layers.filter(layer => layer.trainableWeights.length > 0).map(({name}) => name);
    const attached = penalizes
      ? attachRegularizer(model, new HessianTraceRegularizer({strength: 2}), {layers: names})
      : null;
    runStep(model, batchOf());
    attached?.detach();
    return reader.of(model);
  });
  return minus(gradients[1]!, gradients[0]!, 1);
}

describe.each(engines)('the penalty on %s', engine => {
  beforeAll(() => useEngine(engine));
  const warnings = collectWarnings();

  it('on a loss that takes gradients itself has the gradient of the same loss written out', () => {
    const [nested, written] = [modelWith(new SlopeLayer()), modelWith(new WrittenSlopeLayer())].map(penaltyGradient);
    expect(relativeError(nested!, written!)).toBeLessThan(1e-4);
    expect(Math.hypot(...written!)).toBeGreaterThan(1e-3);
    expect(warnings).toContain('wrong-gradient');
  });

  it.each(Object.keys(tricks).filter(name => name !== 'a gradient of constants') as Trick[])(
    'refuses a custom gradient that is no derivative in the first step: %s',
    name => {
      const model = modelWith(new TrickLayer(tricks[name]));
      const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}));
      expect(() => runStep(model, batchOf())).toThrow(NotAHessianError);
      detach();
    },
  );

  it('accepts the custom gradient of TensorFlow.js’ own losses, and leaves no tensors', () => {
    const model = modelWith(null);
    const {x} = batchOf();
    const y = tf.oneHot(tf.tensor1d([0, 1, 1, 0, 1, 0], 'int32'), 2);
    const withPenalty = penalized(model, new HessianTraceRegularizer({strength: 1e-3}));
    const loss = withPenalty(
      () => tf.losses.softmaxCrossEntropy(y, model.apply(x, {training: true}) as Tensor) as Scalar,
    );
    const variables = model.trainableWeights.map(weight => weight.read() as Variable);
    const step = () => {
      const {value, grads} = tf.variableGrads(loss, variables);
      tf.dispose([value, grads]);
    };
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    expect(warnings).toEqual([]);
  });
});
