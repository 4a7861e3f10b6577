import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {compileTraining, explainCompiledSteps} from '../../../src/model/compiled-training/compile-training.js';
import {nativeBackend} from '../../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../../engines.js';

const INPUTS = 3;

function perceptron(units: number): LayersModel {
  const model = tfl.sequential();
  model.add(tfl.layers.dense({units, activation: 'tanh', inputShape: [INPUTS]}));
  model.add(tfl.layers.dropout({rate: 0.2}));
  model.add(tfl.layers.dense({units: 1}));
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', metrics: ['mae']});
  return model;
}

async function train(model: LayersModel, steps: number, samples = 4): Promise<void> {
  const [x, y] = [tf.ones([samples, INPUTS]), tf.ones([samples, 1])];
  for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
  tf.dispose([x, y]);
}

/** The tensors of TensorFlow.js, and those of TensorFlow. */
function tensors(): [number, number] {
  const {binding} = nativeBackend()!;
  return [tf.memory().numTensors, (binding as unknown as {getNumOfTensors(): number}).getNumOfTensors()];
}

let stopCounting = () => {};

/** Counts the graphs that are loaded, as sessions or as functions, and not unloaded, from now on. */
function countGraphs(): () => number {
  const backend = nativeBackend()!;
  const {binding} = backend;
  const open = new Set<number | string>();
  const loads = <A extends unknown[], K extends number | string>(load: (...args: A) => K) => ({
    value: (...args: A) => {
      const graph = load.apply(binding, args);
      open.add(graph);
      return graph;
    },
  });
  const unloads = <K extends number | string>(unload: (graph: K) => void) => ({
    value: (graph: K) => {
      open.delete(graph);
      unload.call(binding, graph);
    },
  });
  const {addGraphFunction, removeGraphFunction} = binding;
  backend.binding = Object.create(binding, {
    loadSavedModel: loads(binding.loadSavedModel),
    deleteSavedModel: unloads(binding.deleteSavedModel),
    ...(addGraphFunction && {addGraphFunction: loads(addGraphFunction)}),
    ...(removeGraphFunction && {removeGraphFunction: unloads(removeGraphFunction)}),
  }) as typeof binding;
  stopCounting = () => {
    backend.binding = binding;
  };
  return () => open.size;
}

describe('the memory of compiled training', () => {
  beforeAll(() => useEngine('native'));
  afterEach(() => stopCounting());

  it('does not grow over 1,000 steps', async () => {
    const model = perceptron(8);
    const undo = compileTraining(model);
    await train(model, 500);
    const [before, bytes] = [tensors(), process.memoryUsage().rss];
    await train(model, 500);
    expect(tensors()).toEqual(before);
    // JavaScript's own memory comes and goes; a step's outputs that stayed would be a few kilobytes in each step, too.
    expect(process.memoryUsage().rss - bytes).toBeLessThan(64 * 2 ** 20);
    undo();
    model.dispose();
  });

  it.each([true, false])('is bounded for 100 models in one process; undone: %s', async isUndone => {
    const graphs = countGraphs();
    const models: LayersModel[] = [];
    let most = 0;
    const before = tensors()[0];
    for (let i = 0; i < 100; i++) {
      // No two have the same graph.
      const model = perceptron(4 + i + (isUndone ? 200 : 0));
      const undo = compileTraining(model);
      await train(model, 3);
      expect(explainCompiledSteps(model)).toHaveLength(1);
      if (isUndone) undo();
      else models.push(model);
      most = Math.max(most, graphs());
      if (isUndone) model.optimizer.dispose();
      if (isUndone) model.dispose();
    }
    expect(most).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(65);
    if (isUndone) expect(tensors()[0]).toBeLessThanOrEqual(before + 100);
    // A model whose step was dropped trains on, by a new one.
    if (!isUndone) {
      expect(explainCompiledSteps(models[0]!)).toHaveLength(0);
      await train(models[0]!, 3);
      expect(explainCompiledSteps(models[0]!)).toHaveLength(1);
    }
    for (const model of models) model.dispose();
  });

  it('is bounded for one model whose batches have 40 sizes', async () => {
    const model = perceptron(5);
    const undo = compileTraining(model);
    for (let samples = 1; samples <= 40; samples++) await train(model, 2, samples);
    expect(explainCompiledSteps(model).length).toBeLessThanOrEqual(16);
    const before = tensors()[0];
    undo();
    expect(tensors()[0]).toBeLessThanOrEqual(before);
    model.dispose();
  });
});
