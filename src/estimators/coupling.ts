import type {Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, wholeNumber, withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {Estimate} from '../metrics/records.js';
import type {NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {deriveSeed, probeVector} from '../random.js';
import {notFinite} from './products.js';

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
 * The Frobenius norms of all blocks H_ij of a network's curvature, those between layers too: how nearly block-diagonal it
 * is (Dong, Zhang et al. 2025).
 *
 * For a random v in layer j alone, E ‖(H v)_i‖² = ‖H_ij‖²_F: the mean over probes of that, and its root. It costs `probes`
 * products with the network for each layer.
 *
 * @throws InvalidArgumentError for bad options and for products that are not finite.
 */
export async function coupling(network: NetworkOperator, args?: CouplingArgs): Promise<Coupling> {
  requireNetwork(network);
  check('network', withMatmat, network);
  const {probes, seed} = couplingArgs(args);
  const {layers} = network;
  // One column of estimates a layer j.
  const columns: Estimate[][] = [];
  for (const layer of layers) {
    const squares = tf.tidy(() => {
      const image = network.matmat(probesOf(layer, network.size, probes, seed));
      const parts = tf.split(
        image,
        layers.map(({size}) => size),
        0,
      );
      // [layers, probes]
      return tf.stack(parts.map(part => tf.sum(tf.square(part), 0)));
    });
    const values = (await squares.array()) as number[][];
    squares.dispose();
    columns.push(values.map(rootOfMean));
  }
  return {
    layers: layers.map(({name}) => name),
    norms: layers.map((_, i) => columns.map(column => column[i]!)),
  };
}

/** `[size, probes]`, zero outside of the layer. */
function probesOf(
  {index, offset, size}: NetworkOperator['layers'][number],
  all: number,
  probes: number,
  seed: number,
): Tensor2D {
  const rows = Array.from({length: probes}, (_, probe) => {
    const entries = probeVector(deriveSeed(seed, 'coupling', index), probe, size, 'rademacher');
    return tf.pad1d(tf.tensor1d(entries), [offset, all - offset - size]);
  });
  return tf.transpose(tf.stack(rows)) as Tensor2D;
}

/** The root of a mean of squares, with its standard error by the delta method. */
function rootOfMean(squares: readonly number[]): Estimate {
  if (!squares.every(Number.isFinite)) throw notFinite();
  const probes = squares.length;
  const mean = squares.reduce((a, b) => a + b, 0) / probes;
  const value = Math.sqrt(mean);
  if (probes === 1) return {value, standardError: null, probes};
  const variance = squares.reduce((sum, square) => sum + (square - mean) ** 2, 0) / (probes - 1) / probes;
  return {value, standardError: value === 0 ? 0 : Math.sqrt(variance) / (2 * value), probes};
}
