// The kinds of graphs that run on a GPU, forced on the CPU: what they compute is what sessions compute.

import * as tf from '@tensorflow/tfjs-core';
import {afterAll, afterEach, describe, expect, it, vi} from 'vitest';
import {compileTraining} from '../../src/model/compiled-training/compile-training.js';
import {hasGraphFunctions, isGraphFunction} from '../../src/native/graph-function.js';
import type {GraphKind} from '../../src/native/graph-kind.js';
import {hessian} from '../../src/operators/hessian.js';
import type {LinearOperator} from '../../src/operators/linear-operator.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
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
  runSavedModel: {
    value: (...args: Parameters<typeof binding.runSavedModel>) => {
      graphRuns();
      return binding.runSavedModel(...args);
    },
  },
});

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
    expect(asFunction.runs).toHaveBeenCalledTimes(49);
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
