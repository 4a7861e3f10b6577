// A call that works of each public function, class and method: tests spoil one argument or option of it at a time.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {Subject} from 'rxjs';
import {cluster, threads} from '../../src/cluster.js';
import {dashboard} from '../../src/dashboard.js';
import * as estimators from '../../src/estimators.js';
import * as index from '../../src/index.js';
import * as keras from '../../src/keras.js';
import * as metrics from '../../src/metrics.js';
import {loadTensorFlow, setup} from '../../src/node.js';
import * as rules from '../../src/rules.js';
import * as sinks from '../../src/sinks.js';

export interface Fixture {
  readonly call: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
  /** Options within options, by path, that the call itself does not have. */
  readonly nested?: Readonly<Record<string, unknown>>;
  /** Releases what a successful call holds. */
  readonly undo?: (result: never) => unknown;
  /** Whether it must not be called with valid arguments, since it would change this machine. */
  readonly mustNotRun?: true;
}

export interface Fixtures {
  readonly of: Readonly<Record<string, Fixture>>;
  dispose(): void;
}

/** Functions that TensorFlow.js or this package calls, not users. */
export const notForUsers = [/^([A-Z]\w+Error|TfjsHessianWarning)$/, /\.(setModel|on[A-Z]\w+|apply)$/];

/** The files of a saved model. */
async function filesOf(model: tfl.LayersModel): Promise<File[]> {
  const files: File[] = [];
  await model.save(
    tf.io.withSaveHandler(async ({modelTopology, weightSpecs, weightData}) => {
      const weightsManifest = [{paths: ['weights.bin'], weights: weightSpecs}];
      files.push(new File([JSON.stringify({modelTopology, weightsManifest})], 'model.json'));
      files.push(new File([weightData as ArrayBuffer], 'weights.bin'));
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  return files;
}

export async function makeFixtures(): Promise<Fixtures> {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-arguments-'));
  // It creates a file of any name there.
  const home = process.cwd();
  process.chdir(folder);
  // Without an address of its own, a cluster has this one. It is not asked.
  process.env.TFJS_HESSIAN_REDIS ??= 'redis://127.0.0.1:9';
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 2, inputShape: [2], activation: 'tanh', name: 'first'}),
      tfl.layers.dense({units: 1, name: 'second'}),
    ],
  });
  model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const y = tf.tensor2d([1, 0], [2, 1]);
  const batch = {x, y};
  const H = await index.hessian(model, batch);
  const op = {size: 3, matvec: (v: tf.Tensor1D) => tf.mul(v, 2) as tf.Tensor1D};
  const v3 = tf.tensor1d([1, 2, 3]);
  const v = tf.ones([H.size]) as tf.Tensor1D;
  const V = tf.ones([H.size, 2]) as tf.Tensor2D;
  const spectra = await index.layerwiseSpectra(H, {steps: 3, probes: 2});
  const {full} = spectra;
  const layers = spectra.layers;
  const moment = {schema: 1, run: 'r', index: 0, epoch: 0, step: 1} as const;
  const sample: index.HessianSample = {
    ...{
      ...moment,
      schema: 2,
      stability: {optimizer: 'SGD', sharpness: 1, threshold: 20, ratio: 0.05},
      batch: null,
      time: '2020-01-01',
      loss: 1,
      batchSize: 2,
      learningRate: 0.1,
      full,
      layers,
      weightNorms: {first: 1},
    },
    cost: {gradientPasses: 1, milliseconds: 1, shareOfTraining: 0, skipped: 0},
  };
  const state = {...moment, sampledStep: 1, elapsed: 1, waited: 1, lastWait: 1, lastSample: sample};
  const curvature = new index.HessianSpectrumCallback({steps: 2, probes: 1, batch});
  const bound = new index.HessianSpectrumCallback({steps: 2, probes: 1, batch});
  bound.bind(model);
  bound.failures$.subscribe();
  const regularizer = new index.HessianTraceRegularizer({strength: 1});
  const attached = index.attachRegularizer(model, regularizer);
  const density = index.densityOf(full.density);
  const known = {nodes: [[1, 2]], weights: [[0.4, 0.6]], parameters: 3};
  const surface = await index.lossSurface(model, batch, {points: 2});
  const kerasFiles = await filesOf(model);
  const scope = {postMessage() {}, addEventListener() {}};
  const dispose = (result: unknown) => {
    for (const value of [result, ...Object.values((result ?? {}) as object)]) {
      if (value instanceof tf.Tensor) value.dispose();
    }
    (result as {dispose?(): void})?.dispose?.();
  };
  const construct =
    (Class: new (args: never) => unknown) =>
    (...args: [never]) =>
      new Class(...args);
  const estimator = (call: (...args: never[]) => unknown, args: object = {}): Fixture => ({
    ...{call, args: [op, args]},
    undo: dispose,
  });
  const curvatureOf = (call: (...args: never[]) => unknown, args: object = {}): Fixture => ({
    ...{call, args: [model, batch, args]},
    undo: dispose,
  });
  const sink = (call: (...args: never[]) => unknown, name: string): Fixture => ({
    ...{call, args: [join(folder, name), {failures$: new Subject()}]},
    undo: (made: sinks.Sink) => {
      made.complete();
      return made.closed;
    },
  });
  const of: Record<string, Fixture> = {
    bilinear: {call: rules.bilinear, args: ['a', 'b', {}]},
    elementwise: {call: rules.elementwise, args: [() => x, {}]},
    linear: {call: rules.linear, args: ['all', {}]},
    registerTangentRule: {
      call: index.registerTangentRule,
      args: ['Odd', {...rules.linear('all'), vmap: () => null}],
      undo: (undo: () => void) => undo(),
    },
    estimateCost: {
      call: index.estimateCost,
      args: [model, batch, {}],
      nested: {layers: {middle: 1}, gradients: {parts: 2}},
    },
    suggestStrength: {
      // A sweep that is given only its data takes minutes.
      call: (of, data, penalty, args: index.SuggestStrengthArgs | undefined) =>
        index.suggestStrength(
          ...[of, data, penalty],
          args?.validation === undefined ? args : {strengths: [1], steps: 1, repeats: 2, ...args},
        ),
      args: [model, batch, regularizer, {}],
      nested: {layers: {middle: 1}, validation: batch},
    },
    lossSurface: curvatureOf(index.lossSurface, {points: 2}),
    writeLossSurface: {call: sinks.writeLossSurface, args: [join(folder, 'surface.json'), surface]},
    advise: {call: index.advise, args: [[sample], {classes: 3}]},
    serveSamples: {call: index.serveSamples, args: [scope, {}]},
    serveProducts: {call: index.serveProducts, args: [scope, {}]},
    EdgeOfStabilityGuard: {call: construct(index.EdgeOfStabilityGuard), args: [{curvature}]},
    SharpnessStopping: {call: construct(index.SharpnessStopping), args: [{curvature}]},
    HessianSpectrumCallback: {
      call: construct(index.HessianSpectrumCallback),
      args: [{}],
      nested: {
        batch,
        background: {worker: () => scope, whenBusy: 'queue', limit: 2, startTimeout: 1000},
        layers: {middle: 1},
        gradients: {parts: 2},
      },
    },
    'HessianSpectrumCallback.metric$': {
      call: curvature.metric$.bind(curvature) as never,
      args: ['trace', {}],
      nested: {layers: {middle: 1}},
    },
    'HessianSpectrumCallback.bind': {
      call: curvature.bind.bind(curvature) as never,
      args: [model],
      undo: () => curvature.unbind(),
    },
    'HessianSpectrumCallback.sample': {call: bound.sample.bind(bound) as never, args: [{}]},
    'HessianSpectrumCallback.restore': {call: curvature.restore.bind(curvature) as never, args: [state]},
    allOf: {call: index.allOf, args: [index.onTrainEnd()]},
    anyOf: {call: index.anyOf, args: [index.onTrainEnd()]},
    atBatches: {call: index.atBatches, args: [[1]]},
    atEpochs: {call: index.atEpochs, args: [[1]]},
    everyBatches: {call: index.everyBatches, args: [1]},
    everyEpochs: {call: index.everyEpochs, args: [1]},
    geometric: {call: index.geometric, args: [{}]},
    when: {call: index.when, args: [() => true]},
    withinBudget: {call: index.withinBudget, args: [0.1]},
    conjugateGradient: {call: estimators.conjugateGradient, args: [op, v3, {}], undo: dispose},
    coupling: {call: estimators.coupling, args: [H, {}]},
    diagonal: estimator(index.diagonal),
    diagonalSquares: estimator(estimators.diagonalSquares),
    eigenspace: estimator(estimators.eigenspace, {k: 1}),
    eigenvalues: estimator(index.eigenvalues),
    frobeniusNorm: estimator(index.frobeniusNorm),
    spectralDensity: estimator(index.spectralDensity),
    spectrum: estimator(index.spectrum),
    trace: estimator(index.trace),
    conditionNumber: estimator(estimators.conditionNumber),
    traceOfFunction: {call: estimators.traceOfFunction, args: [known, Math.exp, {}]},
    logDeterminant: {call: estimators.logDeterminant, args: [known, {}]},
    effectiveDimension: {call: estimators.effectiveDimension, args: [known, {damping: 1}]},
    magnitudeOverlap: {call: estimators.magnitudeOverlap, args: [V, v, {}]},
    subspaceOverlap: {call: estimators.subspaceOverlap, args: [V, V]},
    layerwiseSpectra: {call: index.layerwiseSpectra, args: [H, {}], nested: {layers: {middle: 1}}},
    miniBatchEigenvalues: {call: estimators.miniBatchEigenvalues, args: [model, [batch], {}]},
    densityOf: {call: index.densityOf, args: [full.density, {}]},
    edgeOfStability: {call: index.edgeOfStability, args: [1, 0.1]},
    effectiveRank: {call: index.effectiveRank, args: [{trace: full.trace, frobenius: full.frobenius}]},
    heterogeneity: {
      call: index.heterogeneity,
      args: [
        [full.density, full.density],
        [3, 3],
      ],
    },
    middleMostSimilar: {call: index.middleMostSimilar, args: [layers.map(({similarity}) => ({similarity}))]},
    negativeMass: {call: index.negativeMass, args: [full.density]},
    outliers: {call: index.outliers, args: [full.density, 9]},
    loadKerasModel: {call: keras.loadKerasModel, args: [kerasFiles, {}], undo: dispose},
    powerLaw: {call: metrics.powerLaw, args: [[1, 2, 3, 4, 5, 6], {}]},
    powerLawExponent: {call: index.powerLawExponent, args: [full.density, full.parameters]},
    ...Object.fromEntries(
      Object.values(metrics.builtInMetrics).map(({name, compute}) => [
        `builtInMetrics.${name}`,
        {call: compute, args: [full, {full, layers, layer: layers[0], learningRate: 0.1, weightNorm: 1}]},
      ]),
    ),
    relativeFlatness: {call: index.relativeFlatness, args: [full.trace, 1]},
    similarity: {call: index.similarity, args: [full.density, full.density]},
    batchSpread: {call: metrics.batchSpread, args: [[full.largest, full.largest]]},
    logSpectrumDistance: {call: metrics.logSpectrumDistance, args: [full.density, full.density]},
    logSpectrumDistanceEstimate: {call: metrics.logSpectrumDistanceEstimate, args: [full.density, full.density]},
    similarityEstimate: {call: metrics.similarityEstimate, args: [full.density, full.density]},
    spectralNormRatio: {call: index.spectralNormRatio, args: [{largest: full.largest, trace: full.trace}]},
    traceShare: {call: index.traceShare, args: [[full.trace, full.trace], 0]},
    trendOf: {call: metrics.trendOf, args: [[1, 2, 3], {}]},
    activationHessian: curvatureOf(index.activationHessian, {layer: 'first'}),
    inputHessian: curvatureOf(index.inputHessian),
    empiricalFisher: curvatureOf(index.empiricalFisher),
    fisher: curvatureOf(index.fisher),
    gaussNewton: curvatureOf(index.gaussNewton),
    hessian: curvatureOf(index.hessian),
    residualHessian: curvatureOf(index.residualHessian),
    quadraticForm: curvatureOf(index.quadraticForm, {direction: v}),
    sampleCurvature: {...curvatureOf(index.sampleCurvature), nested: {layers: {middle: 1}}},
    shifted: {call: index.shifted, args: [op, 1]},
    preconditioned: {call: index.preconditioned, args: [H, model.optimizer]},
    stability: {call: index.stability, args: [H, model.optimizer, {}]},
    registerOptimizer: {
      call: index.registerOptimizer,
      args: ['Own', () => ({threshold: 1, preconditioner: null})],
      undo: (undo: () => void) => undo(),
    },
    releaseGraphs: {call: index.releaseGraphs, args: []},
    roundingError: {call: index.roundingError, args: [H, v, {}]},
    'NetworkOperator.matvec': {call: H.matvec.bind(H), args: [v], undo: dispose},
    'NetworkOperator.matmat': {call: H.matmat.bind(H), args: [V], undo: dispose},
    'NetworkOperator.block': {
      ...{call: H.block.bind(H), args: [{weight: 'first/kernel'}], undo: dispose},
      nested: {rows: {from: 0, to: 1}, columns: {from: 0, to: 1}},
    },
    blockIndices: {
      ...{call: index.blockIndices, args: [H, {weight: 'first/kernel'}]},
      nested: {rows: {from: 0, to: 1}, columns: {from: 0, to: 1}},
    },
    'SpectralDensity.evaluate': {call: density.evaluate, args: [[0, 1], {}]},
    'SpectralDensity.cumulative': {call: density.cumulative, args: [[0, 1]]},
    'SpectralDensity.quantile': {call: density.quantile, args: [0.5]},
    'SpectralDensity.quantileInterval': {call: density.quantileInterval, args: [0.5]},
    attachRegularizer: {
      call: index.attachRegularizer,
      args: [model, regularizer, {}],
      nested: {layers: {middle: 1}},
      undo: (made: index.AttachedRegularizer) => made.detach(),
    },
    compileTraining: {call: index.compileTraining, args: [model]},
    explainStep: {call: index.explainStep, args: [model]},
    penalized: {call: index.penalized, args: [model, regularizer, {}], nested: {layers: {middle: 1}}},
    'AttachedRegularizer.direction': {call: attached.direction, args: [{step: 1, layer: 'first'}]},
    HessianTraceRegularizer: {call: construct(index.HessianTraceRegularizer), args: [{strength: 1}]},
    'HessianTraceRegularizer.strengthAt': {call: regularizer.strengthAt.bind(regularizer), args: [1]},
    'HessianTraceRegularizer.isDue': {call: regularizer.isDue.bind(regularizer), args: [1]},
    'HessianTraceRegularizer.direction': {
      call: regularizer.direction.bind(regularizer) as never,
      args: [{step: 1, block: 'layer 0', sizes: [4, 2]}],
    },
    forLayer: {call: index.forLayer, args: ['first']},
    smooth: {call: index.smooth, args: [5]},
    trend: {call: index.trend, args: [{}]},
    whenAbove: {call: index.whenAbove, args: [1]},
    onWarning: {call: index.onWarning, args: [() => {}], undo: (undo: () => void) => undo()},
    csv: sink(sinks.csv, 'run.csv'),
    ndjson: sink(sinks.ndjson, 'run.ndjson'),
    parquet: sink(sinks.parquet, 'run.parquet'),
    tensorBoard: sink(sinks.tensorBoard, 'logs'),
    readNotes: {call: sinks.readNotes, args: [join(folder, 'none')]},
    readSamples: {call: sinks.readSamples, args: [join(folder, 'none')]},
    summary: {call: sinks.summary, args: [{}]},
    cluster: {call: cluster, args: [{connection: {host: '127.0.0.1', port: 6379}}]},
    dashboard: {call: dashboard, args: [{}], undo: (page: {close(): Promise<void>}) => page.close()},
    loadTensorFlow: {call: loadTensorFlow, args: [{}], mustNotRun: true},
    setup: {call: setup, args: [{}], mustNotRun: true},
    threads: {call: threads, args: [{workers: 2}]},
  };
  return {
    of,
    dispose() {
      attached.detach();
      curvature.dispose();
      bound.dispose();
      process.chdir(home);
      rmSync(folder, {recursive: true});
    },
  };
}
