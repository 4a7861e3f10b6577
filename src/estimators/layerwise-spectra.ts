import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {optionsOf} from '../arguments/options.js';
import {realTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {longWork, type Work} from '../long-work.js';
import {similarity} from '../metrics/comparison/similarity.js';
import type {LayerSpectrum, LayerwiseSpectra} from '../metrics/records.js';
import {sumOf, weightedMean} from '../metrics/statistics/estimate-arithmetic.js';
import {type LayerSelection, layerSelection, selectLayers} from '../model/layers/layer-selection.js';
import type {LayerSlice, NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {deriveSeed} from '../random.js';
import {kernelWeighting} from './kernel-weighting.js';
import {productsOf} from './krylov/krylov-sample.js';
import {readRows} from './linalg/read-rows.js';
import {Products} from './products/products.js';
import {warnOfZero} from './products/zero-curvature.js';
import {requireEnds, type SpectrumArgs, spectrumAndMore, spectrumArgs} from './spectrum.js';

/** Options of `layerwiseSpectra`. */
export interface LayerwiseSpectraArgs extends SpectrumArgs {
  /** Which layers' blocks. Default: 'all'. */
  readonly layers?: LayerSelection<LayerSlice>;
  /**
   * The network's weights, `[size]`, in the order of its vectors; they stay the caller's. With them, each layer's record has its
   * `relativeFlatness`, without any more products. Default: no weights.
   */
  readonly weights?: Tensor1D;
}

const layerwiseSpectraArgs = optionsOf<LayerwiseSpectraArgs>('layerwiseSpectra()')({
  ...spectrumArgs.entries,
  layers: optional(layerSelection<LayerSlice>(), 'all'),
  weights: optional(realTensor<Tensor1D>('a tensor with the weights of the network, [size]')),
});

/**
 * The spectrum of a network's curvature, and of the diagonal block of each selected layer.
 *
 * If the selected layers hold all parameters, the network's trace is also the sum of theirs. With `traceProbes`, `full.trace` is the
 * mean of both estimates, weighted by their inverse variances (Cochran, 1937).
 *
 * A block's `similarity` compares its density with the network's, each scaled to unit largest magnitude; 0 = the same.
 * `topOverlap` compares the eigenvectors: how much of the network's top k, restricted to the layer, lies in the span of the layer's own
 * top k; 1 = all of it, k / size for random vectors. With `weights`, `relativeFlatness` is Σ ⟨w_s, w_s'⟩ tr H_ss' over the pairs of a
 * kernel's neurons. The probes of the network and of each layer are independent. A layer with fewer than k parameters has as many
 * eigenvalues at either end.
 *
 * Costs as `spectrum`, for the network and for each block; memory too.
 *
 * Source: Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021); Petzka, Kamp, Adilova, Sminchisescu & Boley (2021), definition 3,
 * for relative flatness; Gur-Ari, Roberts & Dyer (2018) for overlaps of eigenspaces.
 *
 * @throws InvalidArgumentError for bad options, for a layer that is not there, and for products that are not finite.
 * @example
 * const network = await hessian(model, {x, y});
 * const {full, layers} = await layerwiseSpectra(network, {layers: 'all', steps: 20, traceProbes: 10});
 * for (const {name, trace, largest} of layers) console.log(name, trace.value, largest[0]!.value);
 * network.dispose();
 */
export async function layerwiseSpectra(
  network: NetworkOperator,
  args?: LayerwiseSpectraArgs,
): Promise<LayerwiseSpectra> {
  requireNetwork(network);
  const {layers, weights, ...rest} = layerwiseSpectraArgs(args);
  requireEnds(network, rest);
  if (weights !== undefined && !tf.util.arraysEqual(weights.shape, [network.size])) {
    throw new InvalidArgumentError(
      `The weights have shape [${weights.shape.join(', ')}]; they must have the shape of the network's vectors, [${network.size}].`,
    );
  }
  const selected = selectLayers(network.layers, layers);
  const sizes = [network.size, ...selected.map(({size}) => size)];
  const total = sizes.reduce((sum, size) => sum + productsOf(size, rest), 0);
  return longWork(rest, total, work => spectraOf(network, selected, {...rest, ...(weights && {weights})}, work));
}

async function spectraOf(
  network: NetworkOperator,
  selected: readonly LayerSlice[],
  {weights, ...rest}: Omit<ReturnType<typeof layerwiseSpectraArgs>, 'layers'>,
  work: Work,
): Promise<LayerwiseSpectra> {
  const {k, seed} = rest;
  const products = new Products(network, work);
  const {spectrum: full, topVectors} = await spectrumAndMore(products, rest, {vectors: true});
  warnOfZero(products);
  const blocks: LayerSpectrum[] = [];
  let most = productsOf(network.size, rest);
  work.skipTo(most);
  try {
    for (const layer of selected) {
      const {name, index, className, size} = layer;
      const own = {...rest, k: Math.min(k, size), seed: deriveSeed(seed, 'layer', index)};
      const weighting = weights && (kernelWeighting(layer, weights) ?? undefined);
      // A block may be zero where the network is not: a layer whose relus are all off.
      const block = await spectrumAndMore(new Products(network.block(name), work), own, {vectors: true, weighting});
      blocks.push({
        ...{name, index, className, ...block.spectrum},
        similarity: similarity(block.spectrum.density, full.density),
        topOverlap: await restrictedOverlap(topVectors!, layer, block.topVectors!),
        relativeFlatness: block.weightedTrace,
      });
      most += productsOf(size, rest);
      work.skipTo(most);
    }
  } finally {
    topVectors?.dispose();
  }
  const isWhole = selected.reduce((sum, {size}) => sum + size, 0) === network.size;
  // Without trace probes, an estimate that misses the top eigenvalue is too small and so is its error: it would weigh too much.
  const trace =
    isWhole && rest.traceProbes > 0 ? weightedMean(full.trace, sumOf(blocks.map(block => block.trace))) : full.trace;
  return {full: {...full, trace}, layers: blocks};
}

/** Less than this part of the network's top eigenvectors' squared length is float32's rounding. */
const NOTHING = 1e-10;

/**
 * ‖V U_Lᵀ‖_F² / ‖U_L‖_F² for the network's top eigenvectors U, restricted to a layer L, and the layer's own V, all in rows: 0 to 1.
 * `null` if U_L is zero. Disposes of the layer's own.
 */
async function restrictedOverlap(top: Tensor2D, {offset, size}: LayerSlice, own: Tensor2D): Promise<number | null> {
  try {
    const [[inside, all]] = (await readRows(() => {
      const part = tf.slice(top, [0, offset], [-1, size]);
      const squares = (x: Tensor2D): Tensor2D => tf.reshape(tf.sum(tf.square(x)), [1, 1]);
      return tf.concat([squares(tf.matMul(own, part, false, true)), squares(part)], 1);
    })) as [[number, number]];
    return all <= NOTHING * top.shape[0] ? null : Math.min(1, inside / all);
  } finally {
    own.dispose();
  }
}
