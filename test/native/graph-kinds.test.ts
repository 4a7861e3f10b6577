// The kinds of graphs that run on a GPU, forced on the CPU: what they compute is what sessions compute.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, describe, expect, it, vi} from 'vitest';
import {compileTraining} from '../../src/model/compiled-training/compile-training.js';
import {type FunctionBinding, hasGraphFunctions, isGraphFunction} from '../../src/native/graph-function.js';
import type {GraphKind} from '../../src/native/graph-kind.js';
import {hessian} from '../../src/operators/hessian.js';
import type {LinearOperator} from '../../src/operators/linear-operator.js';
import {type NativeBinding, nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';
import {smallBatch, smallMlp} from '../regularizers/small-models.js';

await useEngine('native');
const backend = nativeBackend()!;
const {binding} = backend;
const addon = needs(hasGraphFunctions(binding), 'the addon is of an earlier edition; `npm run setup` builds it.');

/** As many products as make a graph pay, and some more. */
const MANY = 27;

/** The runs of graphs. Loaded graphs keep the binding that they were loaded with, so there is one for all tests. */
let graphRuns = vi.fn();
backend.binding = Object.create(binding, {
  executeOp: {
    value: (...args: Parameters<typeof binding.executeOp>) => {
      if (isGraphFunction(args[0])) graphRuns();
      return binding.executeOp(...args);
    },
  },
  addGraphFunction: {
    value: (...args: Parameters<FunctionBinding['addGraphFunction']>) => {
      functions++;
      return binding.addGraphFunction!(...args);
    },
  },
  removeGraphFunction: {
    value: (name: string) => {
      functions--;
      binding.removeGraphFunction!(name);
    },
  },
  runSavedModel: {
    value: (...args: Parameters<typeof binding.runSavedModel>) => {
      graphRuns();
      return binding.runSavedModel(...args);
    },
  },
});

let functions = 0;

function loadedGraphs(kind: 'session' | 'function'): number {
  return kind === 'function' ? functions : (binding as Counted).getNumOfSavedModels();
}

interface Counted extends NativeBinding {
  getNumOfSavedModels(): number;
}

/** Sets the kind of the graphs that are compiled from now on, and counts the runs of graphs. */
function use(kind: GraphKind) {
  vi.stubEnv('TFJS_HESSIAN_GRAPHS', kind);
  graphRuns = vi.fn();
  return graphRuns;
}

function productsOf(op: LinearOperator, v: tf.Tensor1D, count = MANY): Float32Array[] {
  return Array.from({length: count}, () => tf.tidy(() => op.matvec(v).dataSync<'float32'>().slice()));
}

afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => {
  backend.binding = binding;
});

const kinds = [
  {kind: 'function', title: 'graphs as functions', options: addon},
  {kind: 'variables', title: 'graphs with variables', options: {}},
] as const;

describe.each(kinds)('$title', ({kind, options}) => {
  it.each(referenceNames)('give the products of sessions, bit for bit: %s', options, async name => {
    const reference = readReference(name);
    const model = await loadReferenceModel(name, reference);
    const batch = referenceBatch(reference);
    const v = tf.tensor1d(reference.hvp.vector);
    const sessions = use('session');
    const inSession = await hessian(model, batch);
    const expected = productsOf(inSession, v).at(-1)!;
    inSession.dispose();
    const tensors = tf.memory().numTensors;
    const runs = use(kind);
    const H = await hessian(model, batch);
    for (const product of productsOf(H, v)) expect(product).toEqual(expected);
    expect(runs).toHaveBeenCalled();
    // A session with variables is loaded for one operator alone.
    if (kind === 'function') expect(runs).toHaveBeenCalledTimes(sessions.mock.calls.length);
    H.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('serve several operators at once, of two models in turn, and the next after them', options, async () => {
    const models = [smallMlp(), smallMlp()] as const;
    models[1].setWeights(models[1].getWeights().map(weight => tf.mul(weight, 0.7)));
    const cases = [5, 6, 7, 8].map(seed => {
      const x = tf.randomNormal([8, 4], 0, 1, 'float32', seed);
      return {model: models[seed % 2]!, batch: {x, y: smallBatch().y}, v: tf.randomNormal([64], 0, 1, 'float32', seed)};
    });
    const operators = () => Promise.all(cases.map(({model, batch}) => hessian(model, batch)));
    const product = (op: LinearOperator, i: number) => productsOf(op, cases[i]!.v as tf.Tensor1D, 1)[0]!;
    use('off');
    const plain = await operators();
    const expected = plain.map(product);
    const runs = use(kind);
    for (let sample = 0; sample < 3; sample++) {
      const some = await operators();
      for (let i = 0; i < MANY; i++) expect(some.map(product)).toEqual(expected);
      expect(runs.mock.calls.length).toBeGreaterThanOrEqual(4);
      some[0]!.dispose();
      const again = await hessian(cases[0]!.model, cases[0]!.batch);
      const others = [again, ...some.slice(1)];
      expect(others.map(product)).toEqual(expected);
      for (const op of others) op.dispose();
    }
    for (const op of plain) op.dispose();
  });

  it('keep no memory of 200 operators', options, async () => {
    use(kind);
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 300, inputShape: [20], activation: 'tanh'}),
        tfl.layers.dense({units: 5, activation: 'softmax'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const x = tf.randomNormal([2000, 20]);
    const y = tf.oneHot(tf.zeros([2000], 'int32'), 5);
    let size = 0;
    const sample = async (count: number) => {
      const H = await hessian(model, {x, y});
      size = H.size;
      const runs = graphRuns.mock.calls.length;
      productsOf(H, tf.ones([H.size]), count);
      H.dispose();
      return graphRuns.mock.calls.length - runs;
    };
    await sample(MANY);
    for (let i = 0; i < 20; i++) await sample(2);
    const before = process.memoryUsage().rss;
    // Each holds some megabytes: activations of 2000 × 300 numbers and more.
    for (let i = 0; i < 200; i++) expect(await sample(2)).toBeGreaterThan(0);
    expect(size).toBe(7805);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(200);
  });
});

describe.each(['session', 'function'] as const)('graphs of kind %s', kind => {
  it('are bounded when models change: 100 models in one process', kind === 'function' ? addon : {}, async () => {
    const runs = use(kind);
    const train = async (units: number) => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({units, inputShape: [4], activation: 'tanh'}),
          tfl.layers.dense({units: 3, activation: 'softmax'}),
        ],
      });
      model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
      const undo = compileTraining(model);
      const {x, y} = smallBatch();
      for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
      undo();
      model.dispose();
      tf.dispose([x, y]);
    };
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    for (let i = 1; i <= 70; i++) await train(10 + i);
    const before = rss();
    for (let i = 71; i <= 100; i++) await train(10 + i);
    expect(runs).toHaveBeenCalledTimes(200);
    expect(loadedGraphs(kind)).toBeLessThanOrEqual(64);
    expect(rss() - before).toBeLessThan(100);
  });
});

describe('graphs as functions', addon, () => {
  it('give the training steps of sessions, bit for bit', async () => {
    const train = async (kind: GraphKind) => {
      const runs = use(kind);
      const model = smallMlp({optimizer: tf.train.adam(0.01)});
      const undo = compileTraining(model);
      const {x, y} = smallBatch();
      const losses: unknown[] = [];
      for (let step = 0; step < 50; step++) losses.push(await model.trainOnBatch(x, y));
      undo();
      return {losses, weights: model.getWeights().map(weight => weight.dataSync()), runs};
    };
    const [inSession, asFunction] = [await train('session'), await train('function')];
    // The first step runs kernel by kernel; the optimizer's update is a graph of its own, from the fifth on.
    expect(asFunction.runs).toHaveBeenCalledTimes(49 + 45);
    expect(asFunction.losses).toEqual(inSession.losses);
    expect(asFunction.weights).toEqual(inSession.weights);
  });

  it('compiled by XLA agree with float64', async () => {
    for (const name of referenceNames.slice(0, 6)) {
      const reference = readReference(name);
      const model = await loadReferenceModel(name, reference);
      const runs = use('xla');
      const H = await hessian(model, referenceBatch(reference));
      const v = tf.tensor1d(reference.hvp.vector);
      for (const product of productsOf(H, v)) expect(relativeError(product, reference.hvp.product)).toBeLessThan(2e-6);
      expect(runs).toHaveBeenCalled();
      H.dispose();
    }
  });
});
