import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {compileTraining} from '../../../src/model/compiled-training/compile-training.js';
import {useEngine} from '../../engines.js';
import {distance, trainBothWays} from './both-ways.js';

const {layers} = tfl;
const [BATCH, TIMES, FEATURES] = [4, 3, 2];
const seeded = (seed: number) => tfl.initializers.randomNormal({mean: 0, stddev: 0.5, seed});
const recurrent = {units: 3, stateful: true, kernelInitializer: seeded(1), recurrentInitializer: seeded(2)};

/** A recurrent layer that goes on from one batch to the next, and a loss of two numbers. */
function stateful(layer: () => tfl.layers.Layer, shape = [TIMES, FEATURES]): () => LayersModel {
  return () => {
    const input = tfl.input({batchShape: [BATCH, ...shape]});
    const states = layer().apply(input) as tfl.SymbolicTensor;
    const hidden = states.rank === 2 ? states : layers.flatten().apply(states);
    const outputs = layers.dense({units: 2, kernelInitializer: seeded(3)}).apply(hidden) as tfl.SymbolicTensor;
    const model = tfl.model({inputs: input, outputs});
    model.compile({optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError'});
    return model;
  };
}

const subjects: [string, () => LayersModel][] = [
  ['an LSTM', stateful(() => layers.lstm(recurrent))],
  ['a GRU with dropout', stateful(() => layers.gru({...recurrent, dropout: 0.3}))],
  ['a simple RNN that returns sequences', stateful(() => layers.simpleRNN({...recurrent, returnSequences: true}))],
  [
    'two stacked cells',
    stateful(() => {
      const cell = (seed: number) =>
        layers.lstmCell({units: 2, kernelInitializer: seeded(seed), recurrentInitializer: seeded(seed + 1)});
      return layers.rnn({cell: [cell(4), cell(6)], stateful: true} as Parameters<typeof layers.rnn>[0]);
    }),
  ],
  [
    'a convolutional LSTM',
    stateful(
      () => layers.convLstm2d({filters: 2, kernelSize: 2, stateful: true, kernelInitializer: seeded(1)}),
      [TIMES, 3, 3, 1],
    ),
  ],
];

/** A sequence of batches; `resetStates` after each epoch. */
async function trainEpochs(model: LayersModel, epochs = 10): Promise<Record<string, number[]>> {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const loss: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let batch = 0; batch < 5; batch++) {
      const [x, y] = [tf.randomNormal([BATCH, ...shape], 0, 1, 'float32', 1 + batch), tf.ones([BATCH, 2])];
      loss.push((await model.trainOnBatch(x, y)) as number);
      tf.dispose([x, y]);
    }
    model.resetStates();
  }
  return {loss};
}

describe('compileTraining with stateful recurrent layers', () => {
  beforeAll(() => useEngine('native'));

  it.each(subjects)('trains %s as plain steps do, over 50 steps', async (_, build) => {
    const {compiled, plain} = await trainBothWays(build, trainEpochs);
    expect(compiled.warnings).toEqual([]);
    expect(compiled.compiledSteps).toBe(1);
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
    compiled.history.loss!.forEach((loss, step) => {
      expect(loss).toBeCloseTo(plain.history.loss![step]!, 5);
    });
    // The same batch has another loss in another state.
    expect(plain.history.loss![5]).not.toBe(plain.history.loss![0]);
  });

  it('begins each batch in the state that the batch before has left', async () => {
    const model = stateful(() => layers.lstm(recurrent))();
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    const undo = compileTraining(model);
    const [x, y] = [tf.randomNormal([BATCH, TIMES, FEATURES], 0, 1, 'float32', 1), tf.ones([BATCH, 2])];
    const losses: unknown[] = [];
    for (let step = 0; step < 6; step++) losses.push(await model.trainOnBatch(x, y));
    model.resetStates();
    const again = await model.trainOnBatch(x, y);
    undo();
    expect(new Set(losses).size).toBe(6);
    expect(again).toBeCloseTo(losses[0] as number, 6);
  });

  it('leaves no tensors behind, not even states', async () => {
    const model = stateful(() => layers.lstm(recurrent))();
    const undo = compileTraining(model);
    await trainEpochs(model, 2);
    const before = tf.memory().numTensors;
    await trainEpochs(model, 3);
    expect(tf.memory().numTensors).toBe(before);
    undo();
  });
});
