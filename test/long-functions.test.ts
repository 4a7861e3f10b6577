// Every long function can be stopped, says how far it has come, and gives other code its turn.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import * as dashboard from '../src/dashboard.js';
import * as estimators from '../src/estimators.js';
import * as index from '../src/index.js';
import * as keras from '../src/keras.js';
import type {LongWorkArgs, Progress} from '../src/long-work.js';
import * as metrics from '../src/metrics.js';
import * as node from '../src/node.js';
import * as rules from '../src/rules.js';
import * as sinks from '../src/sinks.js';
import {PublicTypes} from './arguments/public-types.js';
import {useEngine} from './engines.js';

/** What a call is made with. */
interface Subject {
  readonly op: index.LinearOperator;
  /** A vector for `op`. */
  readonly ones: tf.Tensor1D;
  readonly H: index.NetworkOperator;
  /** Over a data set. */
  readonly D: index.NetworkOperator;
  readonly model: tfl.LayersModel;
  readonly batches: index.Batch[];
}

type Call = (subject: Subject, long: LongWorkArgs) => Promise<unknown>;

const steps = {steps: 4, probes: 2, traceProbes: 3} as const;

/** A call of each long function; some have several ways. */
const calls: Record<string, Call> = {
  conjugateGradient: ({op, ones}, long) => estimators.conjugateGradient(op, ones, long),
  conditionNumber: ({op}, long) => estimators.conditionNumber(op, {shift: 10, steps: 6, ...long}),
  coupling: ({H}, long) => estimators.coupling(H, {probes: 2, ...long}),
  diagonal: ({op}, long) => estimators.diagonal(op, {probes: 20, ...long}),
  'diagonal, exact': ({op}, long) => estimators.diagonal(op, {probes: 99, ...long}),
  'diagonal, XDiag': ({op}, long) => estimators.diagonal(op, {probes: 8, method: 'xdiag', ...long}),
  diagonalSquares: ({op}, long) => estimators.diagonalSquares(op, {probes: 20, ...long}),
  effectiveDimension: ({op}, long) => estimators.effectiveDimension(op, {damping: 1, steps: 6, ...long}),
  eigenspace: ({op}, long) => estimators.eigenspace(op, {k: 2, oversampling: 3, ...long}),
  eigenvalues: ({op}, long) => estimators.eigenvalues(op, {k: 2, vectors: true, ...long}),
  'eigenvalues, over a data set': ({D}, long) => estimators.eigenvalues(D, {maxSteps: 5, ...long}),
  frobeniusNorm: ({op}, long) => estimators.frobeniusNorm(op, {probes: 20, ...long}),
  layerwiseSpectra: ({H}, long) => estimators.layerwiseSpectra(H, {...steps, ...long}),
  'layerwiseSpectra, over a data set': ({D}, long) => estimators.layerwiseSpectra(D, {...steps, ...long}),
  logDeterminant: ({op}, long) => estimators.logDeterminant(op, {steps: 6, ...long}),
  lossSurface: ({model, batches}, long) => index.lossSurface(model, batches[0]!, {points: 3, ...long}),
  'lossSurface, along eigenvectors over a data set': ({model, batches}, long) =>
    index.lossSurface(model, batches, {directions: 'eigenvectors', points: [3, 1], ...long}),
  miniBatchEigenvalues: ({model, batches}, long) => estimators.miniBatchEigenvalues(model, batches, long),
  'miniBatchEigenvalues, of a generator': ({model, batches}, long) =>
    estimators.miniBatchEigenvalues(model, batches.values(), long),
  spectralDensity: ({op}, long) => estimators.spectralDensity(op, {steps: 6, probes: 3, ...long}),
  spectrum: ({op}, long) => estimators.spectrum(op, {...steps, ...long}),
  stability: ({H, model}, long) => estimators.stability(H, model.optimizer, long),
  trace: ({op}, long) => estimators.trace(op, {probes: 20, ...long}),
  'trace, to a tolerance': ({op}, long) => estimators.trace(op, {tolerance: 1e-6, ...long}),
  'trace, Hutch++': ({op}, long) => estimators.trace(op, {probes: 12, method: 'hutch++', ...long}),
  'trace, XTrace': ({op}, long) => estimators.trace(op, {probes: 12, method: 'xtrace', ...long}),
  'trace, XNysTrace': ({op}, long) => estimators.trace(op, {probes: 12, method: 'xnystrace', ...long}),
  'trace, over a data set': ({D}, long) => estimators.trace(D, {probes: 4, ...long}),
  traceOfFunction: ({op}, long) => estimators.traceOfFunction(op, Math.log, {steps: 6, ...long}),
  roundingError: ({op, ones}, long) => index.roundingError(op, ones, long),
  estimateCost: ({model, batches}, long) => index.estimateCost(model, batches[0]!, long),
  suggestStrength: ({model, batches}, long) =>
    index.suggestStrength(model, batches[0]!, new index.HessianTraceRegularizer({strength: 1}), long),
  sampleCurvature: ({model, batches}, long) => index.sampleCurvature(model, batches[0]!, {probes: 3, ...long}),
  hessian: ({model, batches}, long) => index.hessian(model, batches[0]!, long),
  'hessian, over a data set': ({model, batches}, long) => index.hessian(model, batches, long),
  gaussNewton: ({model, batches}, long) => index.gaussNewton(model, batches, long),
  fisher: ({model, batches}, long) => index.fisher(model, batches, {samples: 2, ...long}),
  empiricalFisher: ({model, batches}, long) => index.empiricalFisher(model, batches, long),
  residualHessian: ({model, batches}, long) => index.residualHessian(model, batches, long),
};

/** Async functions without these options. */
const others: Record<string, string> = {
  activationHessian: 'takes about two gradients',
  inputHessian: 'takes about two gradients',
  quadraticForm: 'takes about three gradients',
  subspaceOverlap: 'is one product of matrices',
  magnitudeOverlap: 'is one sum',
  dashboard: 'opens a port',
  loadKerasModel: 'waits for files',
  loadTensorFlow: 'loads a library, which cannot be stopped',
  setup: 'waits for other programs',
  writeLossSurface: 'writes a file',
};

let subject: Subject;
/** Kernels that have run. */
let kernels = 0;
/** A clock that each kernel moves. */
let clock = 1e9;

/** An operator with the eigenvalues 1 … 40. */
function known(): index.LinearOperator {
  const diagonal = tf.keep(tf.range(1, 41));
  return {
    size: 40,
    matvec: v => tf.mul(v, diagonal),
    matmat: V => tf.mul(V, tf.reshape(diagonal, [40, 1])),
    dispose: () => diagonal.dispose(),
  };
}

beforeAll(async () => {
  await useEngine('cpu');
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 3, inputShape: [3], activation: 'tanh', name: 'first'}),
      tfl.layers.dense({units: 2, activation: 'softmax', name: 'second'}),
    ],
  });
  model.compile({optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy'});
  const batches = [1, 2, 3].map(seed => ({
    x: tf.randomNormal([4, 3], 0, 1, 'float32', seed),
    y: tf.oneHot([0, 1, 1, 0], 2),
  }));
  const [H, D] = [await index.hessian(model, batches[0]!), await index.hessian(model, batches)];
  subject = {op: known(), ones: tf.ones([40]), H, D, model, batches};
  const engine = tf.engine();
  const {runKernel} = engine;
  vi.spyOn(engine, 'runKernel').mockImplementation((...args) => {
    kernels++;
    clock += 60;
    return runKernel.apply(engine, args);
  });
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterAll(() => vi.restoreAllMocks());

/** Runs a call to its end, and disposes of what it returns. */
async function run(call: Call, long: LongWorkArgs = {}): Promise<void> {
  const result = await call(subject, long);
  const {dispose} = (result ?? {}) as {dispose?: () => void};
  if (typeof dispose === 'function') dispose.call(result);
  else tf.dispose(result as tf.TensorContainer);
}

async function progressOf(call: Call): Promise<Progress[]> {
  const seen: Progress[] = [];
  await run(call, {onProgress: progress => void seen.push(progress)});
  return seen;
}

it('are all in this table', () => {
  const entries = {index, estimators, keras, metrics, rules, sinks, dashboard, node};
  const types = new PublicTypes(Object.keys(entries).map(name => `src/${name}.ts`));
  const names = new Set(Object.values(entries).flatMap(entry => Object.keys(entry)));
  const takesOptions = (name: string) =>
    types.callables(name)[0]!.parameters.some(parameter =>
      types.objects(parameter.types).some(({path, fields}) => {
        const options = fields.map(field => field.name);
        return path.length === 0 && options.includes('signal') && options.includes('onProgress');
      }),
    );
  const tested = new Set(Object.keys(calls).map(call => call.split(',')[0]!));
  const [long, rest] = [[...names].filter(takesOptions), [...names].filter(name => types.isAsync(name))];
  expect(long.sort()).toEqual([...tested].sort());
  expect(rest.filter(name => !tested.has(name)).sort()).toEqual(Object.keys(others).sort());
});

describe.each(Object.entries(calls))('%s', (_, call) => {
  it('reports its progress from first to last', async () => {
    const seen = await progressOf(call);
    expect(seen.length).toBeGreaterThan(0);
    seen.forEach(({done, total, eta}, i) => {
      expect(done).toBeGreaterThan(seen[i - 1]?.done ?? 0);
      expect(total).toBeGreaterThanOrEqual(done);
      expect(eta).toBeGreaterThanOrEqual(0);
    });
    const {done, total, eta} = seen.at(-1)!;
    expect({done, eta}).toEqual({done: total, eta: 0});
  });

  it('stops when it is aborted: no kernel runs, no tensor stays, and it rejects with the reason', async () => {
    const {length} = await progressOf(call);
    const before = tf.memory().numTensors;
    // An abort in the last call comes too late.
    for (const at of someOf(length - 1)) {
      const controller = new AbortController();
      const reason = new Error(`after ${at}`);
      let [count, then] = [0, 0];
      const onProgress = () => {
        if (++count !== at) return;
        then = kernels;
        controller.abort(reason);
      };
      await expect(call(subject, {signal: controller.signal, onProgress})).rejects.toBe(reason);
      expect([at, kernels - then, tf.memory().numTensors - before]).toEqual([at, 0, 0]);
    }
  });

  it('does nothing if it is aborted already', async () => {
    const before = kernels;
    const reason = new Error('not today');
    await expect(call(subject, {signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
    expect(kernels).toBe(before);
  });

  it('rejects with the error of onProgress, thrown or rejected, and leaves no tensor', async () => {
    const {length} = await progressOf(call);
    const before = tf.memory().numTensors;
    for (const at of someOf(length)) {
      for (const fail of [thrown, rejected]) {
        const error = new Error(`at ${at}`);
        let count = 0;
        const onProgress = () => (++count === at ? fail(error) : undefined);
        await expect(call(subject, {onProgress})).rejects.toBe(error);
        expect(tf.memory().numTensors - before).toBe(0);
      }
    }
  });

  it('gives other code its turn', async () => {
    const turns: number[] = [];
    let timer = setImmediate(function tick() {
      turns.push(kernels);
      timer = setImmediate(tick);
    });
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const began = kernels;
    const reports: number[] = [];
    try {
      await run(call, {onProgress: () => void reports.push(kernels)});
    } finally {
      now.mockRestore();
      clearImmediate(timer);
    }
    // A unit of work takes more than 50 ms of this clock, so that there is a turn between two reports that have work between them.
    const missed = reports.slice(1, -1).filter((end, i) => {
      const from = reports[i]!;
      return end - from >= 2 && !turns.some(turn => turn >= from && turn <= end);
    });
    expect(missed).toEqual([]);
    if (reports.length > 2) expect(turns.some(turn => turn > began)).toBe(true);
  });
});

/** The first, the last and some numbers between, of 1 … n. */
function someOf(n: number): number[] {
  return [...new Set([1, 2, 3, Math.ceil(n / 2), n - 1, n])].filter(i => i >= 1 && i <= n);
}

const thrown = (error: Error): never => {
  throw error;
};
const rejected = (error: Error): Promise<never> => Promise.reject(error);
