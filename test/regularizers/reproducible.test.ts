import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {engines, useEngine} from '../engines.js';
import {smallBatch} from './small-models.js';
import {weightsOf} from './training.js';

type Regularizer = NonNullable<Parameters<typeof layers.layers.dense>[0]['kernelRegularizer']>;

/** A dense layer with a name that TensorFlow.js makes up. */
function dense(seed: number, units: number, kernelRegularizer?: Regularizer, inputShape?: number[]) {
  return layers.layers.dense({
    ...{units, activation: 'tanh', kernelInitializer: layers.initializers.randomNormal({stddev: 0.6, seed})},
    ...(kernelRegularizer && {kernelRegularizer}),
    ...(inputShape && {inputShape}),
  });
}

const models: Record<string, (regularizer?: Regularizer) => LayersModel> = {
  plain: regularizer => layers.sequential({layers: [dense(1, 5, regularizer, [4]), dense(2, 3, regularizer)]}),
  nested: regularizer => {
    const inner = layers.sequential({layers: [dense(1, 5, regularizer, [4]), dense(2, 4, regularizer)]});
    const input = layers.input({shape: [4]});
    const output = dense(3, 3).apply(inner.apply(input)) as layers.SymbolicTensor;
    return layers.model({inputs: input, outputs: output});
  },
  shared: regularizer => {
    const layer = dense(1, 4, regularizer);
    const input = layers.input({shape: [4]});
    const twice = layer.apply(layer.apply(input)) as layers.SymbolicTensor;
    return layers.model({inputs: input, outputs: dense(2, 3, regularizer).apply(twice) as layers.SymbolicTensor});
  },
};

const penalty = () => new HessianTraceRegularizer({strength: 0.5, seed: 3});

async function trained(model: LayersModel, steps = 3): Promise<number[]> {
  model.compile({optimizer: tf.train.adam(0.05), loss: 'meanSquaredError'});
  const {x, y} = smallBatch();
  for (let i = 0; i < steps; i++) await model.trainOnBatch(x, y);
  return weightsOf(model);
}

describe.each(engines)('a penalized training on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(Object.keys(models))('reaches the same bits twice in one process: a %s model', async kind => {
    const make = models[kind]!;
    const attached = () => {
      const model = make();
      attachRegularizer(model, penalty());
      return trained(model);
    };
    const configured = () => trained(make(penalty() as unknown as Regularizer));
    const [first, plain] = [await attached(), await trained(make())];
    expect(first).not.toEqual(plain);
    expect(await attached()).toEqual(first);
    expect(await configured()).toEqual(await configured());
  });
});

describe('the probes of an attached regularizer', () => {
  beforeAll(() => useEngine('cpu'));

  it('go on when it is attached again, also if layers were frozen meanwhile', async () => {
    const {x, y} = smallBatch();
    const model = models.plain!();
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const layer = model.layers[1]!.name;
    const first = attachRegularizer(model, penalty());
    const expected = first.direction({step: 2, layer});
    await model.trainOnBatch(x, y);
    first.detach();
    model.layers[0]!.trainable = false;
    const second = attachRegularizer(model, penalty());
    const steps: number[] = [];
    second.penalty$.subscribe(({step}) => steps.push(step));
    await model.trainOnBatch(x, y);
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(steps).toEqual([2]);
    expect(second.direction({step: 2, layer})).toEqual(expected);
    expect(second.direction({step: 3, layer})).not.toEqual(expected);
  });

  it('are independent from layer to layer', () => {
    const model = layers.sequential({layers: [dense(1, 4, undefined, [4]), dense(2, 4), dense(3, 4)]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const {layers: names, direction} = attachRegularizer(model, penalty());
    const words = names.map(layer => direction({step: 1, layer}).join());
    expect(new Set(words).size).toBe(3);
  });

  it('refuse a block given by a layer’s name', () => {
    const block = 'dense_1' as never;
    expect(() => penalty().direction({step: 1, block, sizes: [4]})).toThrow(InvalidArgumentError);
  });
});
