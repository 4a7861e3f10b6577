import * as fs from 'node:fs';
import * as paths from 'node:path';
import {basename, dirname} from 'node:path';
import {announceCost} from '../../callbacks/cost/announce-cost.js';
import {type Engine, loadTensorFlow} from '../../engine/load.js';
import {UnsupportedKernelError} from '../../errors.js';
import {layerwiseSpectra} from '../../estimators/layerwise-spectra.js';
import {buildModel, withoutLoss} from '../../keras/loading/build-model.js';
import {readModel} from '../../keras/loading/disk-model.js';
import type {WaysOut} from '../../keras/ways-out.js';
import type {LayerwiseSpectra} from '../../metrics/records.js';
import {disposeBatch} from '../../model/batch-tensors.js';
import type {LayerSelection} from '../../model/layers/layer-selection.js';
import type {CurvatureOperator} from '../../operators/blocks/network-operator.js';
import {hessian} from '../../operators/hessian.js';
// Registers the regularizer, for saved models that use it.
import '../../regularizers/hessian-trace-regularizer.js';
import {checkModules, importModules} from '../../engine/import-module.js';
import {reportBlocks} from '../../report/blocks.js';
import type {ReportFacts} from '../../report/facts.js';
import {typesetNumber} from '../../report/markup.js';
import {terminalStyle} from '../../report/stream-style.js';
import {textTable} from '../../report/table.js';
import {terminalPicture} from '../../report/terminal-picture.js';
import {spelled} from '../../report/terminal-style.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import {stoppable} from '../terminal/stoppable.js';
import {batchesOf} from './data/batches.js';
import {readData} from './data/data-file.js';
import {showProgress} from './progress.js';
import {reportWriter, writeReport} from './write-report.js';
import {zeroNotes} from './zero-notes.js';

const TRACE_PROBES = 16;

const WAYS_OUT = 'fewer rows (--batch-size, --batches), fewer --steps or --probes, or fewer layers (--layers middle)';

const WAYS: WaysOut = {
  lossOption: '--loss',
  layerClass: 'register a class of that name in a module, and name the module with --import',
  lossFunction: 'export the function from a module, name the module with --import and the function with --loss',
};

/** The options of `report`, as the command line parses them. */
export interface ReportFlags {
  readonly data: string;
  readonly loss?: string;
  readonly import?: readonly string[];
  readonly out?: string;
  readonly layers: string;
  readonly batchSize: number;
  readonly batches?: number;
  readonly inference?: boolean;
  readonly steps: number;
  readonly probes: number;
  readonly k: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Reports the layerwise spectra of a saved model. All inputs are checked before an engine is loaded. */
export async function reportModel(path: string, flags: ReportFlags): Promise<void> {
  const {out, json} = flags;
  const isFile = out !== undefined && out !== '-';
  const write = isFile ? await reportWriter(out) : null;
  const modules = flags.import ?? [];
  checkModules(modules);
  const saved = readModel(path, {fs, path: paths});
  const data = await readData(flags.data);
  const {tf, engine} = await loadTensorFlow();
  const losses = flags.loss === undefined ? null : flags.loss.split(',').map(name => name.trim());
  const custom = await importModules(modules);
  const model = await buildModel(saved, path, {losses, custom, ways: WAYS});
  if (trainingModel(model).lossFunctions === undefined) throw withoutLoss(path, WAYS);
  const {batchSize, batches: limit, inference, steps, probes, k, seed} = flags;
  const batches = batchesOf(tf, model, data, {batchSize, batches: limit, training: !inference});
  const layers = selection(flags.layers);
  const work = {layers, steps, probes, traceProbes: TRACE_PROBES};
  const progress = showProgress();
  const began = performance.now();
  const bytesBefore = tf.memory().numBytes;
  let spectra: LayerwiseSpectra;
  let network: CurvatureOperator;
  try {
    [network, spectra] = await stoppable(async signal => {
      const made =
        batches.length === 1
          ? await hessian(model, batches[0]!, {seed, signal})
          : await hessian(model, batches, {seed, signal, onProgress: progress.part('batch')});
      const seconds = (performance.now() - began) / 1000;
      await announceCost({network: made, seconds, bytesBefore}, work, WAYS_OUT, signal);
      const onProgress = progress.part('product');
      return [made, await layerwiseSpectra(made, {...work, k, seed, signal, onProgress})];
    });
  } catch (error) {
    throw withImport(error);
  } finally {
    progress.end();
    batches.forEach(disposeBatch);
  }
  const facts = factsOf(path, data.x[0]!.shape[0]!, batches.length, engine, network.loss, spectra, flags);
  network.dispose();
  if (write !== null) writeReport(out!, write(spectra, facts));
  if (json) console.log(JSON.stringify(spectra));
  else if (isFile) console.log(`${out}: the network and ${spectra.layers.length} layers.`);
  else console.log(asText(spectra, facts, process.stdout.isTTY || out === '-'));
}

/** Adds to the error how to give this command a rule. */
function withImport(error: unknown): unknown {
  if (!(error instanceof UnsupportedKernelError)) return error;
  const {message, kernelName, layerName} = error;
  const way = `${message} For this command: call registerTangentRule in a module, and name the module with --import.`;
  return new UnsupportedKernelError(way, kernelName, layerName, {cause: error});
}

function asText(spectra: LayerwiseSpectra, facts: ReportFacts, hasPicture: boolean): string {
  const style = terminalStyle();
  const words = spelled([facts.title, describe(facts), ''].join('\n'), style);
  const picture = hasPicture ? [terminalPicture(spectra, style), ''] : [];
  return [words, ...picture, ...zeroNotes(spectra), spelled(textTable(reportBlocks(spectra)), style)].join('\n');
}

/** Parses `all`, `middle`, `middle:3`, or names separated by commas. */
function selection(text: string): LayerSelection {
  if (text === 'all' || text === 'middle') return text;
  const [, count] = /^middle:(\d+)$/.exec(text) ?? [];
  return count === undefined ? text.split(',').map(name => name.trim()) : {middle: Number(count)};
}

function factsOf(
  path: string,
  rows: number,
  batches: number,
  engine: Engine,
  loss: number,
  {full}: LayerwiseSpectra,
  {data, loss: lossName, batchSize, steps, probes, seed, inference}: ReportFlags,
): ReportFacts {
  const used = Math.min(rows, batches * batchSize);
  const name = basename(path) === 'model.json' ? basename(dirname(path)) : basename(path);
  return {
    title: `Hessian of ${name === '.' || name === '' ? path : name}`,
    details: [
      ['parameters', full.parameters.toLocaleString('en')],
      ['loss', `${typesetNumber(loss)}${lossName === undefined ? '' : ` (${lossName})`}`],
      ['data', `${basename(data)}, ${used} of ${rows} samples${batches > 1 ? ` in ${batches} batches` : ''}`],
      ['layers called as in', inference ? 'inference' : 'training'],
      ['Lanczos steps', String(steps)],
      ['probes', String(probes)],
      ['seed', String(seed)],
      ['engine', `${engine.package} ${engine.version}`],
    ],
  };
}

function describe({details}: ReportFacts): string {
  return details.map(pair => pair.join(' ')).join(' · ');
}
