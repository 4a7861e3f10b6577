import type {Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, wholeNumber, withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {deviceVerdict} from '../autodiff/webgpu/device-errors.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {Estimate} from '../metrics/records.js';
import type {BlockSelection} from '../operators/blocks/block-selection.js';
import {blockSelection} from '../operators/blocks/block-selection.js';
import {selectedBlock} from '../operators/blocks/selected-block.js';
import type {LinearOperator, NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {pausedProducts} from '../operators/paused-product.js';
import {deriveSeed, probeVector} from '../random.js';
import {notFinite} from './linalg/read-rows.js';
import {rootEstimate, SquaredNorms} from './traces/squared-norms.js';

/** Options of `coupling`. */
export interface CouplingArgs extends LongWorkArgs {
  /**
   * The blocks to compare: layers, weights, units, filters, classes or any sets of weights, as the operator's `block` takes them. Default: its
   * layers.
   */
  readonly blocks?: readonly BlockSelection[];
  /** Probes for each block; default 8. */
  readonly probes?: number;
  /** Seeds the probes; default 0. */
  readonly seed?: number;
}

const withMatmat = withMethods<NetworkOperator>(
  ['matmat'],
  'an operator with a matmat(V), such as hessian(model, batch) makes',
);

const couplingArgs = optionsOf<CouplingArgs>('coupling()')({
  blocks: optional(listOf(blockSelection as GenericSchema<BlockSelection>, 'a list of blocks, with at least one', 1)),
  probes: optional(wholeNumber(), 8),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/** How strongly blocks of weights are coupled. Plain data that survives JSON. */
export interface Coupling {
  /** The layers' names; or, of `blocks` that were given, texts such as `dense_1/kernel[:, 3]`. */
  readonly layers: readonly string[];
  /** ‖H_ij‖_F: row i, column j of the layers. The diagonal is the blocks' own norm. */
  readonly norms: readonly (readonly Estimate[])[];
}

/**
 * The Frobenius norms of all blocks H_ij of a network's curvature, on and off the diagonal: they show how close it
 * is to block-diagonal (Dong, Zhang et al. 2025), by layers, or by neurons and classes with `blocks`.
 *
 * For a random v in block j alone, E ‖(H v)_i‖² = ‖H_ij‖²_F. Since H_ij = H_jiᵀ, the probes of both blocks are used
 * for both, and the result is symmetric. `value ± 1.96 standardError` is a 95 % interval; the error is 0 if both
 * blocks have at most `probes` weights, because all their columns are computed then, and `null` for one probe.
 *
 * Costs `probes` products for each block, at most as many as it has weights: with the network, or with the layers that own the given blocks.
 *
 * @throws InvalidArgumentError for bad options, unknown blocks, and for products that are not finite.
 * @example
 * const {norms} = await coupling(H, {blocks: [0, 1, 2].map(unit => ({weight: 'dense_1/kernel', columns: unit}))});
 */
export async function coupling(network: NetworkOperator, args?: CouplingArgs): Promise<Coupling> {
  requireNetwork(network);
  check('network', withMatmat, network);
  const {blocks, probes, seed, ...long} = couplingArgs(args);
  const given = blocks === undefined ? byLayer(network) : byBlock(network, blocks);
  const products = given.parts.reduce((sum, {size}) => sum + Math.min(probes, size), 0);
  return longWork(long, products, work => couplingOf(given, probes, seed, work)).finally(() => {
    if (given.op !== network) given.op.dispose();
  });
}

async function couplingOf({op, parts}: Parts, probes: number, seed: number, work: Work): Promise<Coupling> {
  const verdict = deviceVerdict();
  // ‖H_ij‖²_F: one column of estimates a part j.
  const columns: Estimate[][] = [];
  for (let j = 0; j < parts.length; j++)
    columns.push(await columnOf(op, parts, j, {probes, seed: deriveSeed(seed, 'coupling', j)}, work));
  await verdict?.();
  return {
    layers: parts.map(({label}) => label),
    norms: parts.map((_, i) => parts.map((__, j) => rootEstimate(pooled(columns[j]![i]!, columns[i]![j]!)))),
  };
}

/** A part of an operator's vectors. */
interface Part {
  readonly label: string;
  readonly size: number;
  /** Where it begins, if it is contiguous; its positions otherwise. */
  readonly place: number | Int32Array;
}

interface Parts {
  readonly op: LinearOperator;
  readonly parts: readonly Part[];
}

function byLayer(network: NetworkOperator): Parts {
  return {op: network, parts: network.layers.map(({name, offset, size}) => ({label: name, size, place: offset}))};
}

/** The operator of all weights in the blocks, which may overlap. */
function byBlock(network: NetworkOperator, blocks: readonly BlockSelection[]): Parts {
  const selected = blocks.map(block => selectedBlock(network.layers, block));
  const all = Int32Array.from(new Set(selected.flatMap(({indices}) => [...indices]))).sort();
  const local = new Map([...all].map((index, i) => [index, i]));
  const parts = selected.map(({label, indices}) => {
    return {label, size: indices.length, place: indices.map(index => local.get(index)!)};
  });
  return {op: network.block({indices: all}), parts};
}

/** ‖H_ij‖²_F for one j and each i. */
async function columnOf(
  op: LinearOperator,
  parts: readonly Part[],
  j: number,
  {probes, seed}: {readonly probes: number; readonly seed: number},
  work: Work,
): Promise<Estimate[]> {
  const part = parts[j]!;
  const isExact = part.size <= probes;
  const columns = tf.tidy(() =>
    tf.keep(spread(isExact ? tf.eye(part.size) : probesOf(part, probes, seed), part, op.size)),
  );
  let product: Tensor2D;
  try {
    product = await pausedProducts(op, columns, work);
  } finally {
    columns.dispose();
  }
  const grams = tf.tidy(() => {
    return tf.keep(
      tf.stack(
        parts.map(each => {
          const rows = rowsOf(product, each);
          return tf.matMul(rows, rows, true);
        }),
      ),
    );
  });
  product.dispose();
  const values = (await grams.array()) as number[][][];
  grams.dispose();
  return values.map(gram => {
    const squares = gram.map((row, probe) => row[probe]!);
    if (!squares.every(Number.isFinite)) throw notFinite();
    if (isExact) return {value: squares.reduce((sum, x) => sum + x, 0), standardError: 0, probes: part.size};
    const norms = new SquaredNorms(part.size);
    gram.forEach((row, probe) => {
      norms.add(row[probe]!, row.slice(0, probe));
    });
    return norms.estimate();
  });
}

/** The mean of two independent estimates of one number, or the one that is exact. */
function pooled(a: Estimate, b: Estimate): Estimate {
  if (a === b || a.standardError === 0) return a;
  if (b.standardError === 0) return b;
  const standardError =
    a.standardError === null || b.standardError === null ? null : Math.hypot(a.standardError, b.standardError) / 2;
  return {value: (a.value + b.value) / 2, standardError, probes: a.probes + b.probes};
}

/** `[part's size, probes]` */
function probesOf({size}: Part, probes: number, seed: number): Tensor2D {
  const rows = Array.from({length: probes}, (_, probe) => tf.tensor1d(probeVector(seed, probe, size, 'rademacher')));
  return tf.transpose(tf.stack(rows)) as Tensor2D;
}

/** A part's rows among `all`, which are zero elsewhere. */
function spread(vectors: Tensor2D, {place, size}: Part, all: number): Tensor2D {
  if (typeof place !== 'number')
    return tf.scatterND(tf.tensor2d(place, [size, 1], 'int32'), vectors, [all, vectors.shape[1]]);
  return tf.pad2d(vectors, [
    [place, all - place - size],
    [0, 0],
  ]);
}

/** The rows of a part. */
function rowsOf(product: Tensor2D, {place, size}: Part): Tensor2D {
  return typeof place === 'number'
    ? tf.slice(product, [place, 0], [size, -1])
    : tf.gather(product, tf.tensor1d(place, 'int32'));
}
