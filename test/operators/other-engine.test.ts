import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import {EngineError} from '../../src/errors.js';
import {conjugateGradient} from '../../src/estimators/conjugate-gradient.js';
import {coupling} from '../../src/estimators/coupling.js';
import {diagonal} from '../../src/estimators/diagonal.js';
import {eigenvalues} from '../../src/estimators/eigenvalues.js';
import {frobeniusNorm} from '../../src/estimators/frobenius.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {spectralDensity} from '../../src/estimators/spectral-density.js';
import {spectrum} from '../../src/estimators/spectrum.js';
import {trace} from '../../src/estimators/trace.js';
import {activationHessian} from '../../src/operators/activation-hessian.js';
import type {CurvatureOperator} from '../../src/operators/blocks/network-operator.js';
import {empiricalFisher} from '../../src/operators/empirical-fisher.js';
import {fisher} from '../../src/operators/fisher.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import type {LinearOperator, MatvecOperator} from '../../src/operators/linear-operator.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {residualHessian} from '../../src/operators/residual-hessian.js';
import {sampleCurvature} from '../../src/operators/sample-curvature.js';
import {shifted} from '../../src/operators/shifted.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {type EngineName, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {smallBatch, smallMlp} from '../regularizers/small-models.js';
import {weightsOf} from '../regularizers/training.js';

const nameOf = (engine: EngineName) => (engine === 'native' ? 'tensorflow' : engine);

/** The engine that something is made on, and the one that it is used on. */
const pairs: [EngineName, EngineName][] = [
  ['native', 'cpu'],
  ['cpu', 'native'],
  ['cpu', 'wasm'],
  ['wasm', 'native'],
];

type Make = (model: LayersModel, batch: ReturnType<typeof smallBatch>) => Promise<CurvatureOperator>;

const operators: Record<string, Make> = {
  hessian: (model, batch) => hessian(model, batch),
  'hessian of a data set': (model, batch) => hessian(model, [batch, batch]),
  gaussNewton: (model, batch) => gaussNewton(model, batch),
  fisher: (model, batch) => fisher(model, batch),
  empiricalFisher: (model, batch) => empiricalFisher(model, batch),
  residualHessian: (model, batch) => residualHessian(model, batch),
};

/** More parameters than the estimators keep in JavaScript. */
function wideMlp(): LayersModel {
  const model = layers.sequential({
    layers: [
      layers.layers.dense({name: 'wide', units: 600, inputShape: [4], activation: 'tanh'}),
      layers.layers.dense({name: 'out', units: 3}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

function expectBoth(error: unknown, made: EngineName, used: EngineName): void {
  expect(error).toBeInstanceOf(EngineError);
  const {message, engine} = error as EngineError;
  expect(message).toContain(`"${nameOf(made)}"`);
  expect(message).toContain(`"${nameOf(used)}"`);
  expect(message).toContain(`tf.setBackend('${nameOf(made)}')`);
  expect(engine).toBe(nameOf(used));
}

function errorOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return null;
}

const buffers = () => ({tensors: tf.memory().numTensors, data: tf.memory().numDataBuffers});

describe.each(pairs)('an operator made on %s and used on %s', (made, used) => {
  beforeAll(async () => {
    for (const engine of [used, made]) await useEngine(engine);
  });

  it.each(Object.keys(operators))('says so: %s; and goes on where it was made', async name => {
    await useEngine(made);
    const model = smallMlp();
    const batch = smallBatch();
    const before = buffers();
    const op = await operators[name]!(model, batch);
    const v = tf.ones<tf.Rank.R1>([op.size]);
    const V = tf.ones<tf.Rank.R2>([op.size, 2]);
    const block = op.block('second');
    const u = tf.ones<tf.Rank.R1>([block.size]);
    const expected = op.matvec(v);
    const numbers = expected.dataSync();
    await useEngine(used);
    for (const body of [
      () => op.matvec(v),
      () => op.matmat(V),
      () => block.matvec(u),
      () => op.block('first').matvec(v),
      () => op.gradient(),
      () => shifted(op, 1).matvec(v),
    ]) {
      expectBoth(errorOf(body), made, used);
    }
    await useEngine(made);
    const again = op.matvec(v);
    expect(relativeError(again.dataSync(), numbers)).toBeLessThan(1e-6);
    await useEngine(used);
    op.dispose();
    tf.dispose([v, V, u, expected, again]);
    expect(buffers()).toEqual(before);
  });

  it('is an error for the Hessian in activations', async () => {
    await useEngine(made);
    const op: LinearOperator = await activationHessian(smallMlp(), smallBatch(), {layer: 'first'});
    await useEngine(used);
    const v = tf.ones<tf.Rank.R1>([op.size]);
    expectBoth(
      errorOf(() => op.matvec(v)),
      made,
      used,
    );
    expectBoth(
      errorOf(() => op.matmat(tf.ones([op.size, 2]))),
      made,
      used,
    );
    op.dispose();
  });

  it('belongs to the engine it was made on, even if the engine is switched before its loss has been read', async () => {
    await useEngine(made);
    const pending = hessian(smallMlp(), smallBatch());
    await useEngine(used);
    const op = await pending;
    expectBoth(
      errorOf(() => op.gradient()),
      made,
      used,
    );
    op.dispose();
  });
});

const estimators: Record<string, (op: CurvatureOperator) => Promise<unknown>> = {
  eigenvalues: op => eigenvalues(op),
  trace: op => trace(op),
  'trace, hutch++': op => trace(op, {method: 'hutch++'}),
  'trace, xtrace': op => trace(op, {method: 'xtrace'}),
  diagonal: op => diagonal(op),
  frobeniusNorm: op => frobeniusNorm(op),
  spectralDensity: op => spectralDensity(op),
  spectrum: op => spectrum(op),
  layerwiseSpectra: op => layerwiseSpectra(op),
  coupling: op => coupling(op),
  conjugateGradient: op => conjugateGradient(shifted(op, 1), tf.ones([op.size])),
};

describe('an estimator whose engine is switched', () => {
  beforeAll(() => useEngine('cpu'));
  afterEach(() => useEngine('native'));

  for (const make of [smallMlp, wideMlp]) {
    it.each(Object.keys(estimators))(`fails with both names and holds nothing: %s of ${make.name}`, async name => {
      await useEngine('native');
      const op = await hessian(make(), smallBatch());
      await useEngine('cpu');
      const before = tf.memory().numTensors;
      expectBoth(await estimators[name]!(op).catch(error => error), 'native', 'cpu');
      // The right side of the system is ours.
      expect(tf.memory().numTensors - before).toBe(name === 'conjugateGradient' ? 1 : 0);
      op.dispose();
    });
  }

  it('fails in the middle of a run and leaves no tensors', async () => {
    await useEngine('native');
    const op = await hessian(wideMlp(), smallBatch());
    const before = tf.memory().numTensors;
    let products = 0;
    const switching: MatvecOperator = {
      size: op.size,
      matvec(v) {
        const product = op.matvec(v);
        // An engine that has been used before is set at once.
        if (++products === 5) void tf.setBackend('cpu');
        return product;
      },
    };
    expectBoth(await spectrum(switching, {steps: 20}).catch(error => error), 'native', 'cpu');
    expect(products).toBe(5);
    expect(tf.memory().numTensors).toBe(before);
    op.dispose();
  });
});

describe('a function that records and reads in one call', () => {
  afterEach(() => useEngine('native'));

  it('takes a model and a batch from another engine, with the same numbers', async () => {
    await useEngine('native');
    const model = smallMlp();
    const batch = smallBatch();
    const direction = Float32Array.from({length: model.countParams()}, (_, i) => Math.sin(i));
    const numbers = async () => {
      const form = await quadraticForm(model, batch, {direction});
      const scores = await sampleCurvature(model, batch, {seed: 1});
      const op = await hessian(model, [batch]);
      const v = tf.tensor1d(direction);
      const product = op.matvec(v);
      const all = [form.value, ...form.gradient.dataSync(), ...scores.dataSync(), ...product.dataSync()];
      op.dispose();
      tf.dispose([form.gradient, scores, product, v]);
      return all;
    };
    const expected = await numbers();
    const before = buffers();
    for (const engine of ['cpu', 'wasm', 'native'] as const) {
      await useEngine(engine);
      expect(relativeError(await numbers(), expected)).toBeLessThan(1e-5);
      expect(buffers()).toEqual(before);
    }
  });

  it('fails for a quadratic form whose engine is switched meanwhile', async () => {
    await useEngine('native');
    const model = smallMlp();
    const batch = smallBatch();
    const before = tf.memory().numTensors;
    const pending = quadraticForm(model, batch, {direction: new Float32Array(model.countParams()).fill(1)});
    await useEngine('cpu');
    expectBoth(await pending.catch(error => error), 'native', 'cpu');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a training whose engine is switched in the middle of a fit', () => {
  const engines: EngineName[] = ['native', 'cpu', 'native'];

  /** The weights after three epochs, each on its engine. */
  async function trained(on: readonly EngineName[], strength: number): Promise<{weights: number[]; samples: number}> {
    await useEngine(on[0]!);
    const model = smallMlp();
    const {x, y} = smallBatch();
    if (strength > 0) attachRegularizer(model, new HessianTraceRegularizer({strength}));
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 3, probes: 1});
    const failures: Error[] = [];
    let samples = 0;
    curvature.failures$.subscribe(({error}) => failures.push(error));
    curvature.samples$.subscribe(() => samples++);
    const switching = new layers.CustomCallback({
      onEpochEnd: async epoch => {
        await useEngine(on[epoch + 1] ?? on[0]!);
      },
    });
    const epochs = {epochs: on.length, batchSize: 8, shuffle: false, verbose: 0} as const;
    await model.fit(x, y, {...epochs, callbacks: [curvature, switching]});
    curvature.dispose();
    expect(failures).toEqual([]);
    return {weights: weightsOf(model), samples};
  }

  it.each([0, 0.1])('samples and penalizes as on one engine, at a strength of %d', async strength => {
    const switched = await trained(engines, strength);
    const stayed = await trained(['native', 'native', 'native'], strength);
    expect(switched.samples).toBe(3);
    expect(relativeError(switched.weights, stayed.weights)).toBeLessThan(1e-5);
  });
});
