import * as fs from 'node:fs';
import * as paths from 'node:path';
import {announceCost} from '../../callbacks/cost/announce-cost.js';
import type {Report, ReportWork} from '../../cluster/reports/report-messages.js';
import {checkModules, importModules} from '../../engine/import-module.js';
import {type Engine, loadTensorFlow, type TensorFlow} from '../../engine/load.js';
import {UnsupportedKernelError} from '../../errors.js';
import {layerwiseSpectra} from '../../estimators/layerwise-spectra.js';
import type {CustomObjects} from '../../keras/custom-objects.js';
import {buildModel, withoutLoss} from '../../keras/loading/build-model.js';
import {readModel} from '../../keras/loading/disk-model.js';
import type {WaysOut} from '../../keras/ways-out.js';
import type {Progress} from '../../long-work.js';
import {disposeBatch} from '../../model/batch-tensors.js';
import {hessian} from '../../operators/hessian.js';
// Registers the regularizer, for saved models that use it.
import '../../regularizers/hessian-trace-regularizer.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import type {DataSet} from './data/array-data.js';
import {batchesOf} from './data/batches.js';
import {readData} from './data/data-file.js';
import {type ReportFlags, selection} from './report-flags.js';

const TRACE_PROBES = 16;

const WAYS_OUT = 'fewer rows (--batch-size, --batches), fewer --steps or --probes, or fewer layers (--layers middle)';

const WAYS: WaysOut = {
  lossOption: '--loss',
  layerClass: 'register a class of that name in a module, and name the module with --import',
  lossFunction: 'export the function from a module, name the module with --import and the function with --loss',
};

/** What all models of a report share. */
export interface Prepared {
  readonly tf: TensorFlow;
  readonly engine: Engine;
  readonly data: DataSet;
  readonly custom: CustomObjects;
}

/** Reads the data and loads the engine. */
export async function prepare(flags: ReportFlags): Promise<Prepared> {
  const modules = flags.import ?? [];
  checkModules(modules);
  const data = await readData(flags.data);
  const {tf, engine} = await loadTensorFlow();
  return {tf, engine, data, custom: await importModules(modules)};
}

export interface MeasureModelArgs {
  readonly signal: AbortSignal;
  /** Whether a warning announces long work. */
  readonly announces: boolean;
  /** An `onProgress` for a part of the work, whose unit has this name. */
  readonly progress: (unit: 'batch' | 'product') => (progress: Progress) => void;
}

/** Reads a model. The file is read before an engine is needed. */
export function readSavedModel(path: string) {
  return readModel(path, {fs, path: paths});
}

/**
 * Builds a saved model and measures its spectra.
 *
 * @throws InvalidArgumentError if it cannot be loaded, or does not fit the data.
 */
export async function measureModel(
  saved: ReturnType<typeof readSavedModel>,
  path: string,
  {tf, data, custom}: Pick<Prepared, 'data' | 'custom'> & {readonly tf: Pick<TensorFlow, 'tensor' | 'memory'>},
  flags: ReportWork,
  {signal, announces, progress}: MeasureModelArgs,
): Promise<Report> {
  const losses = flags.loss === undefined ? null : flags.loss.split(',').map(name => name.trim());
  const model = await buildModel(saved, path, {losses, custom, ways: WAYS});
  const {batchSize, batches: limit, inference, steps, probes, k, seed} = flags;
  const work = {layers: selection(flags.layers), steps, probes, traceProbes: TRACE_PROBES};
  try {
    if (trainingModel(model).lossFunctions === undefined) throw withoutLoss(path, WAYS);
    const batches = batchesOf(tf, model, data, {batchSize, batches: limit, training: !inference});
    try {
      const began = performance.now();
      const bytesBefore = tf.memory().numBytes;
      const network =
        batches.length === 1
          ? await hessian(model, batches[0]!, {seed, signal})
          : await hessian(model, batches, {seed, signal, onProgress: progress('batch')});
      try {
        const seconds = (performance.now() - began) / 1000;
        if (announces) await announceCost({network, seconds, bytesBefore}, work, WAYS_OUT, signal);
        const spectra = await layerwiseSpectra(network, {...work, k, seed, signal, onProgress: progress('product')});
        return {spectra, loss: network.loss, batches: batches.length};
      } finally {
        network.dispose();
      }
    } finally {
      batches.forEach(disposeBatch);
    }
  } catch (error) {
    throw withImport(error);
  } finally {
    model.dispose();
  }
}

/** Adds to the error how to give this command a rule. */
function withImport(error: unknown): unknown {
  if (!(error instanceof UnsupportedKernelError)) return error;
  const {message, kernelName, layerName} = error;
  const way = `${message} For this command: call registerTangentRule in a module, and name the module with --import.`;
  return new UnsupportedKernelError(way, kernelName, layerName, {cause: error});
}
