import * as tf from '@tensorflow/tfjs-core';
import {loadKerasModel} from 'tfjs-hessian/keras';
import type {ArrayData, DataSet} from '../../../src/cli/report/data/array-data.js';
import {batchesOf} from '../../../src/cli/report/data/batches.js';
import {digitsDrawnHere, mnistDigits} from '../data/digits.js';
import {ownData} from '../data/own.js';
import {spirals} from '../data/spirals.js';
import type {OwnFiles} from '../messages.js';
import type {Settings} from '../settings.js';
import {network} from './network.js';
import {optimizerOf} from './optimizer.js';
import type {Subject} from './training.js';

/** The compiled model and the data of the settings. */
export async function subjectOf(settings: Settings, own: OwnFiles): Promise<Subject> {
  if (settings.data === 'own') return ownSubject(settings, own);
  const {data, rows, seed} = settings;
  const {x, y} =
    data === 'mnist' ? await mnistDigits(rows) : data === 'digits' ? digitsDrawnHere(rows, seed) : spirals(rows, seed);
  const model = network(settings, x.shape.slice(1), y.shape[1]!);
  model.compile({optimizer: optimizerOf(settings), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return {model, x, y, rows: x.shape[0]!};
}

/** @throws Error if a file is missing or cannot be read, or if the model has no loss. */
async function ownSubject(settings: Settings, {model: files, data, loss}: OwnFiles): Promise<Subject> {
  if (data === null) throw new Error('Choose a file of data.');
  const model = await loadKerasModel(files, loss === '' ? undefined : {loss});
  if (!(model as unknown as {loss?: unknown}).loss) {
    throw new Error('The model was saved without a loss; name one, such as categorical_crossentropy.');
  }
  model.compile({optimizer: optimizerOf(settings), loss: model.loss});
  const set = firstRows(await ownData(data), settings.rows);
  const rows = set.x[0]!.shape[0]!;
  const [batch] = batchesOf(tf as never, model, set, {batchSize: rows, batches: 1, training: true});
  const {x, y} = batch as {x: tf.Tensor[]; y: tf.Tensor[]};
  return {model, x: alone(x), y: alone(y), rows};
}

function firstRows({x, y}: DataSet, rows: number): DataSet {
  const first = ({shape: [all = 0, ...row], values}: ArrayData): ArrayData => {
    const n = Math.min(all, rows);
    return {shape: [n, ...row], values: values.subarray(0, n * row.reduce((product, size) => product * size, 1))};
  };
  return {x: x.map(first), y: y.map(first)};
}

function alone<T>(list: T[]): T | T[] {
  return list.length === 1 ? list[0]! : list;
}

/** Whether a backend that cannot train convolutions will do. */
export function hasConvolutions({data, network}: Settings): boolean {
  return data === 'own' || network === 'cnn';
}
