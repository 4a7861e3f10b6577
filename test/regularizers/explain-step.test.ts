import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {attachRegularizer, compileTraining, explainStep, HessianTraceRegularizer} from '../../src/index.js';
import {useEngine} from '../engines.js';

function compiledModel(): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 2, activation: 'tanh', inputShape: [3]}),
      tfl.layers.dense({units: 1, useBias: false}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const train = (model: tfl.LayersModel) =>
  model.fit(tf.ones([8, 3]), tf.ones([8, 1]), {batchSize: 4, epochs: 1, verbose: 0});

describe('explainStep on the native engine', () => {
  beforeAll(() => useEngine('native'));

  it('prints the program of a compiled training step', async () => {
    const model = compiledModel();
    const undo = compileTraining(model);
    await train(model);
    expect(`\n${explainStep(model)}\n`).toMatchInlineSnapshot(`
      "
      Training step: 29 TensorFlow ops
      inputs %0: float32[3,2], %1: float32[2], %2: float32[2,1], %3: float32[4,3], %4: float32[4,1]
      constants c1: float32[], c2: float32[4,1]
        %5: float32[1,4,3] = Reshape(%3, [1,4,3])
        %6: float32[1,3,2] = Reshape(%0, [1,3,2])
        %7: float32[1,4,2] = BatchMatMulV2(%5, %6)
        %8: float32[4,2] = Reshape(%7, [4,2])
        %9: float32[4,2] = Add(%8, %1)
        %10: float32[4,2] = Tanh(%9)
        %11: float32[1,4,2] = Reshape(%10, [1,4,2])
        %12: float32[1,2,1] = Reshape(%2, [1,2,1])
        %13: float32[1,4,1] = BatchMatMulV2(%11, %12)
        %14: float32[4,1] = Reshape(%13, [4,1])
        %15: float32[4,1] = Sub(%14, %4)
        %16: float32[4,1] = Mul(%15, %15)
        %17: float32[4] = Mean(%16, [1])
        %18: float32[] = Mean(%17, [0])
        %19: float32[4,1] = Mul(c2, %15)
        %20: float32[4,1] = Add(%19, %19)
        %21: float32[1,4,1] = Reshape(%20, [1,4,1])
        %22: float32[1,4,2] = BatchMatMulV2{adj_y}(%21, %12)
        %23: float32[1,2,1] = BatchMatMulV2{adj_x}(%11, %21)
        %24: float32[2,1] = Reshape(%23, [2,1])
        %25: float32[4,2] = Reshape(%22, [4,2])
        %26: float32[4,2] = Square(%10)
        %27: float32[4,2] = Sub(c1, %26)
        %28: float32[4,2] = Mul(%27, %25)
        %29: float32[2] = Sum(%28, [0])
        %30: float32[2] = Reshape(%29, [2])
        %31: float32[1,4,2] = Reshape(%28, [1,4,2])
        %32: float32[1,3,2] = BatchMatMulV2{adj_x}(%5, %31)
        %33: float32[3,2] = Reshape(%32, [3,2])
      outputs %18, %33, %30, %24
      "
    `);
    undo();
  });

  it('prints the program of a penalized step', async () => {
    const model = compiledModel();
    const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1}));
    await train(model);
    expect(explainStep(model)).toMatch(/^Training step: \d+ TensorFlow ops\n/);
    detach();
  });

  it('says what to do before a step has been compiled', () => {
    expect(explainStep(compiledModel())).toContain('has no compiled step. On the native engine, call compileTraining');
  });
});
