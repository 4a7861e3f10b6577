import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import {activationHessian} from '../../src/operators/activation-hessian.js';
import {hessian} from '../../src/operators/hessian.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {onWarning} from '../../src/warnings.js';
import {useEngine} from '../engines.js';

beforeAll(() => useEngine('native'));

const FEATURES = 4;

/** Seeds that differ, since a layer of zeros has no gradient. */
let seed = 1;
function dense(name: string, args: Partial<Parameters<typeof tfl.layers.dense>[0]> = {}) {
  return tfl.layers.dense({
    units: FEATURES,
    activation: 'tanh',
    name,
    kernelInitializer: tfl.initializers.randomNormal({stddev: 0.5, seed: seed++}),
    biasInitializer: tfl.initializers.randomNormal({stddev: 0.5, seed: seed++}),
    ...args,
  });
}
const first = (name: string) => dense(name, {inputShape: [FEATURES]});
const sequential = (name: string, layers: tfl.layers.Layer[]) => tfl.sequential({name, layers});

function functional(name: string, ...layers: tfl.layers.Layer[]): LayersModel {
  const input = tfl.input({shape: [FEATURES]});
  const output = layers.reduce<SymbolicTensor>((x, layer) => layer.apply(x) as SymbolicTensor, input);
  return tfl.model({inputs: input, outputs: output, name});
}

interface Case {
  readonly make: () => LayersModel;
  /** Is done when the model is compiled. */
  readonly afterwards?: (model: LayersModel) => void;
  readonly layers: string[];
  /** What TensorFlow.js trains though it is frozen. */
  readonly ignored?: string[];
  /** Before `afterwards` there is no `compile`, but after it. */
  readonly recompiled?: boolean;
}

const frozen = <T extends {trainable: boolean}>(layer: T): T => {
  layer.trainable = false;
  return layer;
};

const cases: Record<string, Case> = {
  'a Sequential on a Sequential': {
    make: () => sequential('m', [sequential('base', [first('a')]), dense('head')]),
    layers: ['base/a', 'head'],
  },
  'a Sequential on a frozen Sequential': {
    make: () => sequential('m', [frozen(sequential('base', [first('a'), dense('b')])), dense('head')]),
    layers: ['base/a', 'base/b', 'head'],
    ignored: ['base/a', 'base/b'],
  },
  'a Sequential on a Sequential that is frozen when it has been added': {
    make: () => {
      const base = sequential('base', [first('a')]);
      const model = sequential('m', [base, dense('head')]);
      frozen(base);
      return model;
    },
    layers: ['base/a', 'head'],
    ignored: ['base/a'],
  },
  'a Sequential on a Sequential of which the layers are frozen': {
    make: () => {
      const base = sequential('base', [first('a'), dense('b')]);
      for (const layer of base.layers) layer.trainable = false;
      return sequential('m', [base, dense('head')]);
    },
    layers: ['head'],
  },
  'a Sequential on a Sequential that is frozen after compile()': {
    make: () => sequential('m', [sequential('base', [first('a')]), dense('head')]),
    afterwards: model => frozen(model.layers[0]!),
    layers: ['head'],
  },
  'a Sequential on a Sequential that is frozen after compile(), and is compiled again': {
    make: () => sequential('m', [sequential('base', [first('a')]), dense('head')]),
    afterwards: model => frozen(model.layers[0]!),
    recompiled: true,
    layers: ['base/a', 'head'],
    ignored: ['base/a'],
  },
  'a Sequential on a functional model': {
    make: () => sequential('m', [functional('base', dense('a'), dense('b')), dense('head')]),
    layers: ['base/a', 'base/b', 'head'],
  },
  'a Sequential on a frozen functional model': {
    make: () => sequential('m', [frozen(functional('base', dense('a'), dense('b'))), dense('head')]),
    layers: ['base/a', 'base/b', 'head'],
    ignored: ['base/a', 'base/b'],
  },
  'a Sequential on a Sequential on a frozen Sequential': {
    make: () =>
      sequential('m', [sequential('middle', [frozen(sequential('base', [first('a')])), dense('b')]), dense('head')]),
    layers: ['middle/base/a', 'middle/b', 'head'],
    ignored: ['middle/base/a'],
  },
  'a Sequential on a functional model that calls a frozen Sequential': {
    make: () =>
      sequential('m', [functional('outer', dense('a'), frozen(sequential('inner', [first('b')]))), dense('head')]),
    layers: ['outer/a', 'head'],
  },
  'a functional model that calls a Sequential on a frozen Sequential': {
    make: () =>
      functional('m', sequential('outer', [frozen(sequential('base', [first('a')])), dense('b')]), dense('c')),
    layers: ['outer/b', 'c'],
  },
  'a functional model that calls a frozen Sequential': {
    make: () => functional('m', dense('a'), frozen(sequential('base', [first('b')])), dense('c')),
    layers: ['a', 'c'],
  },
  'a Sequential whose last layer is a model': {
    make: () => sequential('m', [first('a'), sequential('tail', [first('b'), dense('c')])]),
    layers: ['a', 'tail/b', 'tail/c'],
  },
  'a Sequential whose last layer is a frozen model': {
    make: () => sequential('m', [first('a'), frozen(sequential('tail', [first('b'), dense('c')]))]),
    layers: ['a'],
  },
  'a Sequential of one model': {make: () => sequential('m', [sequential('base', [first('a')])]), layers: ['base/a']},
  'a Sequential that has the same model twice': {
    make: () => {
      const base = sequential('base', [first('a'), dense('b')]);
      return sequential('m', [base, dense('c'), base, dense('head')]);
    },
    layers: ['base/a', 'base/b', 'c', 'head'],
  },
  'a functional model that calls a model twice': {
    make: () => {
      const base = sequential('base', [first('a')]);
      return functional('m', base, dense('b'), base, dense('c'));
    },
    layers: ['base/a', 'b', 'c'],
  },
  'two models that share a layer': {
    make: () => {
      const shared = dense('shared');
      return functional('m', functional('one', shared), functional('two', dense('a'), shared));
    },
    layers: ['one/shared', 'two/a'],
  },
  'TimeDistributed of a model': {
    make: () => {
      const each = functional('each', dense('a'), dense('b'));
      const input = tfl.input({shape: [FEATURES]});
      const steps = tfl.layers.repeatVector({n: 3}).apply(input);
      const mapped = tfl.layers.timeDistributed({layer: each, name: 'mapped'}).apply(steps);
      const output = dense('head').apply(tfl.layers.flatten().apply(mapped)) as SymbolicTensor;
      return tfl.model({inputs: input, outputs: output});
    },
    layers: ['mapped', 'head'],
  },
  'a layer that is frozen': {
    make: () => sequential('m', [first('a'), frozen(dense('b')), dense('c')]),
    layers: ['a', 'c'],
  },
  'a layer that is frozen after compile()': {
    make: () => sequential('m', [first('a'), dense('b'), dense('c')]),
    afterwards: model => frozen(model.layers[1]!),
    layers: ['a', 'c'],
  },
  'a layer that is trainable again after compile()': {
    make: () => sequential('m', [first('a'), frozen(dense('b')), dense('c')]),
    afterwards: model => {
      model.layers[1]!.trainable = true;
    },
    layers: ['a', 'c'],
  },
  'a recurrent layer that is frozen after compile()': {
    make: () =>
      sequential('m', [
        tfl.layers.reshape({targetShape: [2, 2], inputShape: [FEATURES]}),
        tfl.layers.gru({units: 3, name: 'gru', biasInitializer: tfl.initializers.randomNormal({stddev: 0.5, seed: 1})}),
        dense('head'),
      ]),
    afterwards: model => frozen(model.layers[1]!),
    layers: ['gru', 'head'],
    ignored: ['gru'],
  },
  'a frozen wrapper': {
    make: () =>
      sequential('m', [
        tfl.layers.reshape({targetShape: [2, 2], inputShape: [FEATURES]}),
        frozen(tfl.layers.bidirectional({layer: tfl.layers.lstm({units: 2}) as never, name: 'both', mergeMode: 'sum'})),
        dense('head'),
      ]),
    layers: ['head'],
  },
  'a GAN whose discriminator is frozen': {
    make: () =>
      sequential('m', [sequential('generator', [first('g')]), frozen(sequential('discriminator', [first('d')]))]),
    layers: ['generator/g'],
  },
};

const data = () => ({
  x: tf.randomNormal([8, FEATURES], 0, 1, 'float32', 1),
  y: tf.randomNormal([8, FEATURES], 0, 1, 'float32', 2),
});

function compiled({make, afterwards, recompiled}: Case): LayersModel {
  const model = make();
  const compile = () => model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  compile();
  afterwards?.(model);
  if (recompiled) compile();
  return model;
}

/** The names of the weights that a training step has changed. */
async function movedBy(step: () => Promise<unknown>): Promise<Set<string>> {
  const variables = Object.values(tf.engine().registeredVariables);
  const before = variables.map(variable => variable.dataSync());
  await step();
  return new Set(
    variables.flatMap((variable, i) => {
      const after = variable.dataSync();
      return before[i]!.some((value, j) => value !== after[j]) ? [variable.name] : [];
    }),
  );
}

describe.each(Object.entries(cases))('In %s', (_, example) => {
  it('the curvature, the callback and the penalty use the layers and weights that fit moves, with the same names', async () => {
    const {x, y} = data();
    const warnings: string[] = [];
    const undo = onWarning(({code, message}) => warnings.push(`${code}: ${message}`));
    try {
      const model = compiled(example);
      const H = await hessian(model, {x, y});
      expect(H.layers.map(({name}) => name)).toEqual(example.layers);
      const names = H.layers.flatMap(({weights}) => weights.map(({name}) => name)).sort();
      const seen: string[][] = [];
      const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 2, probes: 1});
      curvature.samples$.subscribe(({layers}) => seen.push(layers.map(({name}) => name)));
      const failures: Error[] = [];
      curvature.failures$.subscribe(({error}) => failures.push(error));
      const moved = await movedBy(() => model.fit(x, y, {verbose: 0, callbacks: [curvature]}));
      expect([...moved].sort()).toEqual(names);
      expect(failures).toEqual([]);
      expect(seen).toEqual([example.layers]);
      expect(H.size).toBe([...moved].reduce((sum, name) => sum + tf.engine().registeredVariables[name]!.size, 0));
      H.dispose();

      const {layers, penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}));
      expect(layers).toEqual(example.layers);
      const penalized: string[][] = [];
      penalty$.subscribe(point => penalized.push(Object.keys(point.layers)));
      await model.fit(x, y, {verbose: 0});
      detach();
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(penalized).toEqual([example.layers]);
    } finally {
      undo();
      tf.dispose([x, y]);
    }
    const told = example.ignored;
    if (told === undefined) expect(warnings).toEqual([]);
    else {
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^ignored-setting: /);
      expect(warnings[0]).toContain(`${told.join(', ')}. Training moves`);
    }
  });
});

it('A regularizer in the configuration penalizes a layer that is trained although it is frozen', async () => {
  const {x, y} = data();
  const undo = onWarning(() => {});
  const trained: number[][] = [];
  for (const strength of [0, 0.1]) {
    seed = 100;
    const kernelRegularizer = strength === 0 ? undefined : new HessianTraceRegularizer({strength});
    const a = dense('a', {inputShape: [FEATURES], ...(kernelRegularizer && {kernelRegularizer})});
    const model = compiled({make: () => sequential('m', [frozen(sequential('base', [a])), dense('head')]), layers: []});
    await model.fit(x, y, {verbose: 0, shuffle: false});
    trained.push(model.getWeights().flatMap(weight => [...weight.dataSync()]));
  }
  undo();
  const difference = trained[0]!.map((value, i) => Math.abs(value - trained[1]![i]!));
  // The gradient of a block's trace is over all weights.
  expect(difference.every(each => each > 0)).toBe(true);
  tf.dispose([x, y]);
});

it('The advice of the warning helps: layers that are frozen themselves are not trained', async () => {
  const {x, y} = data();
  const undo = onWarning(() => {});
  const model = compiled(cases['a Sequential on a Sequential on a frozen Sequential']!);
  undo();
  const visit = (layer: tfl.layers.Layer): void => {
    const inner = (layer as Partial<LayersModel>).layers;
    if (inner) inner.forEach(visit);
    else layer.trainable = false;
  };
  visit(model.layers[0]!);
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  const moved = await movedBy(() => model.fit(x, y, {verbose: 0}));
  const H = await hessian(model, {x, y});
  expect(H.layers.map(({name}) => name)).toEqual(['head']);
  expect(moved.size).toBe(2);
  H.dispose();
  tf.dispose([x, y]);
});

it('A model as first layer is called with the `training` of the batch', async () => {
  const {x, y} = data();
  const build = (normalization: tfl.layers.Layer, nested: boolean) => {
    const layers = [dense('a', {inputShape: [FEATURES], kernelInitializer: 'ones'}), normalization];
    const model = sequential('m', nested ? [sequential('base', layers)] : layers);
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    return model;
  };
  const losses = [];
  for (const nested of [false, true]) {
    const model = build(tfl.layers.batchNormalization(), nested);
    const values = model.getWeights().map((weight, i) => tf.fill(weight.shape, [0.3, -0.2, 1.1, 0.1, 0.2, 2][i]!));
    model.setWeights(values);
    const operators = [await hessian(model, {x, y, training: true}), await hessian(model, {x, y, training: false})];
    losses.push(operators.map(({loss}) => loss));
    for (const operator of operators) operator.dispose();
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[0]![0]).not.toBeCloseTo(losses[0]![1]!, 3);
});

it('activationHessian takes the output of a model that is the first layer', async () => {
  const {x, y} = data();
  const model = compiled(cases['a Sequential on a Sequential on a frozen Sequential']!);
  const undo = onWarning(() => {});
  const operators = [];
  for (const layer of ['middle', 'middle/b', 'middle/base', 'middle/base/a']) {
    operators.push(await activationHessian(model, {x, y}, {layer}));
  }
  undo();
  const v = tf.randomNormal<tf.Rank.R1>([8 * FEATURES], 0, 1, 'float32', 3);
  const products = operators.map(operator => [...operator.matvec(v).dataSync()]);
  expect(products[0]).toEqual(products[1]);
  expect(products[2]).toEqual(products[3]);
  expect(products[0]).not.toEqual(products[2]);
  for (const operator of operators) operator.dispose();
});
