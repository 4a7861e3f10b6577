import type {Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, wholeNumber, withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {deviceVerdict} from '../autodiff/webgpu/device-errors.js';
import type {Estimate} from '../metrics/records.js';
import type {LayerSlice, NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {deriveSeed, probeVector} from '../random.js';
import {notFinite} from './linalg/read-rows.js';
import {rootEstimate, SquaredNorms} from './traces/squared-norms.js';

/** Options of `coupling`. */
export interface CouplingArgs {
  /** Probes for each layer; default 8. */
  readonly probes?: number;
  /** Seeds the probes; default 0. */
  readonly seed?: number;
}

const withMatmat = withMethods<NetworkOperator>(
  ['matmat'],
  'an operator with a matmat(V), such as hessian(model, batch) makes',
);

const couplingArgs = optionsOf<CouplingArgs>('coupling()')({
  probes: optional(wholeNumber(), 8),
  seed: optional(finiteNumber(), 0),
});

/** How strongly the layers' blocks are coupled. Plain data that survives JSON. */
export interface Coupling {
  readonly layers: readonly string[];
  /** ‖H_ij‖_F: row i, column j of the layers. The diagonal is the blocks' own norm. */
  readonly norms: readonly (readonly Estimate[])[];
}

/**
 * The Frobenius norms of all blocks H_ij of a network's curvature, on and off the diagonal: they show how close it
 * is to block-diagonal (Dong, Zhang et al. 2025).
 *
 * For a random v in layer j alone, E ‖(H v)_i‖² = ‖H_ij‖²_F. Since H_ij = H_jiᵀ, the probes of both layers are used
 * for both, and the result is symmetric. `value ± 1.96 standardError` is a 95 % interval; the error is 0 if both
 * layers have at most `probes` weights, because all their columns are computed then, and `null` for one probe.
 *
 * Costs `probes` products with the network for each layer, at most as many as the layer has weights.
 *
 * @throws InvalidArgumentError for bad options and for products that are not finite.
 */
export async function coupling(network: NetworkOperator, args?: CouplingArgs): Promise<Coupling> {
  requireNetwork(network);
  check('network', withMatmat, network);
  const {probes, seed} = couplingArgs(args);
  const {layers} = network;
  const verdict = deviceVerdict();
  // ‖H_ij‖²_F: one column of estimates a layer j.
  const columns: Estimate[][] = [];
  for (const layer of layers) columns.push(await columnOf(network, layer, probes, seed));
  await verdict?.();
  return {
    layers: layers.map(({name}) => name),
    norms: layers.map((_, i) => layers.map((__, j) => rootEstimate(pooled(columns[j]![i]!, columns[i]![j]!)))),
  };
}

/** ‖H_ij‖²_F for one j and each i. */
async function columnOf(
  network: NetworkOperator,
  layer: LayerSlice,
  probes: number,
  seed: number,
): Promise<Estimate[]> {
  const isExact = layer.size <= probes;
  const grams = tf.tidy(() => {
    const vectors = isExact ? unitVectors(layer, network.size) : probesOf(layer, network.size, probes, seed);
    const parts = tf.split(
      network.matmat(vectors),
      network.layers.map(({size}) => size),
      0,
    );
    return tf.keep(tf.stack(parts.map(part => tf.matMul(part, part, true))));
  });
  const values = (await grams.array()) as number[][][];
  grams.dispose();
  return values.map(gram => {
    const squares = gram.map((row, probe) => row[probe]!);
    if (!squares.every(Number.isFinite)) throw notFinite();
    if (isExact) return {value: squares.reduce((sum, x) => sum + x, 0), standardError: 0, probes: layer.size};
    const norms = new SquaredNorms(layer.size);
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

/** `[size, probes]`, zero outside of the layer. */
function probesOf({index, offset, size}: LayerSlice, all: number, probes: number, seed: number): Tensor2D {
  const rows = Array.from({length: probes}, (_, probe) => {
    const entries = probeVector(deriveSeed(seed, 'coupling', index), probe, size, 'rademacher');
    return tf.pad1d(tf.tensor1d(entries), [offset, all - offset - size]);
  });
  return tf.transpose(tf.stack(rows)) as Tensor2D;
}

/** `[size, layer's size]`: its columns of the identity. */
function unitVectors({offset, size}: LayerSlice, all: number): Tensor2D {
  return tf.pad2d(tf.eye(size), [
    [offset, all - offset - size],
    [0, 0],
  ]);
}
