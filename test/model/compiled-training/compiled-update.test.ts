import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {CompiledUpdate} from '../../../src/model/compiled-training/compiled-update.js';
import {setLearningRate} from '../../../src/tfjs-internals/layers/learning-rate.js';
import {
  applyGradients,
  replaceOptimizer,
  trainedVariables,
  trainingModel,
} from '../../../src/tfjs-internals/layers/model.js';
import {optimizerParts} from '../../../src/tfjs-internals/layers/optimizer.js';
import {disposeOptimizer} from '../../../src/tfjs-internals/layers/optimizer-copy.js';
import {collectWarnings} from '../../collect-warnings.js';
import {useEngine} from '../../engines.js';
import {smallMlp} from '../../regularizers/small-models.js';

/** New ones for each model. */
const optimizers: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  nesterov: () => tf.train.momentum(0.1, 0.9, true),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.5),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01, 0.9, 0.999, 1e-8, 0.01),
  rmsprop: () => tf.train.rmsprop(0.01),
  'rmsprop, centered': () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true),
};

type Update = (variables: readonly tf.Variable[], gradients: readonly (tf.Tensor | undefined)[]) => void;

/** Steps with random gradients, and what is done between them. */
async function moved(model: LayersModel, update: Update, between: (step: number) => void | Promise<void> = () => {}) {
  const variables = trainedVariables(trainingModel(model));
  const seen: Float32Array[] = [];
  for (let step = 0; step < 20; step++) {
    tf.tidy(() =>
      update(
        variables,
        variables.map(({shape}, i) =>
          i === 3 ? undefined : tf.randomNormal(shape, 0, 1, 'float32', 10 * step + i + 1),
        ),
      ),
    );
    seen.push(tf.tidy(() => tf.concat(variables.map(variable => variable.flatten())).dataSync<'float32'>()));
    await between(step);
  }
  const states = optimizerParts(model)?.states.map(variable => variable.dataSync());
  return {seen, iterations: model.optimizer.iterations, states};
}

async function bothWays(
  optimizer: () => tf.Optimizer,
  between?: (model: LayersModel, step: number) => void | Promise<void>,
) {
  const [plain, compiled] = [smallMlp({optimizer: optimizer()}), smallMlp({optimizer: optimizer()})];
  const update = new CompiledUpdate(compiled);
  const expected = await moved(
    plain,
    (variables, gradients) =>
      applyGradients(
        plain,
        variables.map(({name}, i) => ({name, tensor: gradients[i]})),
      ),
    step => between?.(plain, step),
  );
  const result = await moved(
    compiled,
    (...args) => update.apply(...args),
    step => between?.(compiled, step),
  );
  return {expected, result, update};
}

describe('a compiled update of weights', () => {
  beforeAll(() => useEngine('native'));
  const warnings = collectWarnings();

  it.each(Object.keys(optimizers))('has the bits of the optimizer: %s', async name => {
    const {expected, result, update} = await bothWays(optimizers[name]!);
    expect(result.seen).toEqual(expected.seen);
    expect(result.iterations).toBe(expected.iterations);
    expect(result.states).toEqual(expected.states);
    expect(update.explain()).toContain('TensorFlow ops');
    update.dispose();
  });

  it('follows a learning rate that changes, and states that are set', async () => {
    for (const name of ['sgd', 'adam']) {
      const {expected, result, update} = await bothWays(optimizers[name]!, async (model, step) => {
        if (step === 7) setLearningRate(model, 0.03);
        if (step !== 13) return;
        const weights = await model.optimizer.getWeights();
        await model.optimizer.setWeights(weights.map(({name, tensor}) => ({name, tensor: tensor.mul(0.5).clone()})));
      });
      expect(result.seen).toEqual(expected.seen);
      expect(update.explain()).toContain('TensorFlow ops');
      update.dispose();
    }
  });

  it.each(['sgd', 'momentum'])('follows a learning rate of %s that is set to the value it has', async name => {
    const {expected, result, update} = await bothWays(optimizers[name]!, async (model, step) => {
      if (step === 7) setLearningRate(model, 0.1);
    });
    expect(result.seen).toEqual(expected.seen);
    expect(warnings).toEqual([]);
    expect(update.explain()).toContain('TensorFlow ops');
    update.dispose();
  });

  it('follows a new optimizer with the same settings, after the old one is disposed of with its constants', async () => {
    for (const name of ['sgd', 'momentum', 'adam']) {
      const {expected, result, update} = await bothWays(optimizers[name]!, (model, step) => {
        if (step !== 9) return;
        const {optimizer} = model;
        replaceOptimizer(model, optimizers[name]!());
        disposeOptimizer(optimizer);
      });
      expect(result.seen).toEqual(expected.seen);
      expect(update.explain()).toContain('TensorFlow ops');
      update.dispose();
    }
  });

  it('keeps no tensors', async () => {
    const model = smallMlp({optimizer: tf.train.adam(0.01)});
    const update = new CompiledUpdate(model);
    const counts: number[] = [];
    await moved(
      model,
      (...args) => update.apply(...args),
      () => void counts.push(tf.memory().numTensors),
    );
    expect(new Set(counts.slice(4))).toEqual(new Set([counts[3]]));
    update.dispose();
  });

  it('leaves an optimizer of your own as it is', async () => {
    class Halving extends tf.SGDOptimizer {
      override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
        super.applyGradients(gradients);
        this.setLearningRate(this.learningRate / 2);
      }
    }
    const {expected, result, update} = await bothWays(() => new Halving(0.1));
    expect(result.seen).toEqual(expected.seen);
    expect(update.explain()).toBeNull();
  });
});
