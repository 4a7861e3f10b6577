import {optional} from 'valibot';
import {optionsOf} from '../arguments/options.js';
import {similarity} from '../metrics/comparison/similarity.js';
import type {LayerSpectrum, LayerwiseSpectra} from '../metrics/records.js';
import {sumOf, weightedMean} from '../metrics/statistics/estimate-arithmetic.js';
import {type LayerSelection, layerSelection, selectLayers} from '../model/layers/layer-selection.js';
import type {LayerSlice, NetworkOperator} from '../operators/linear-operator.js';
import {requireNetwork} from '../operators/operator-argument.js';
import {deriveSeed} from '../random.js';
import {Products} from './products/products.js';
import {requireEnds, type SpectrumArgs, spectrum, spectrumArgs, spectrumOf} from './spectrum.js';

/** Options of `layerwiseSpectra`. */
export interface LayerwiseSpectraArgs extends SpectrumArgs {
  /** Which layers' blocks. Default: 'all'. */
  readonly layers?: LayerSelection<LayerSlice>;
}

const layerwiseSpectraArgs = optionsOf<LayerwiseSpectraArgs>('layerwiseSpectra()')({
  ...spectrumArgs.entries,
  layers: optional(layerSelection<LayerSlice>(), 'all'),
});

/**
 * The spectrum of a network's curvature, and of the diagonal block of each selected layer.
 *
 * If the selected layers hold all parameters, the network's trace is also the sum of theirs. With `traceProbes`, `full.trace` is the
 * mean of both estimates, weighted by their inverse variances (Cochran, 1937).
 *
 * A block's `similarity` compares its density with the network's, each scaled to unit largest magnitude; 0 = the same.
 * The probes of the network and of each layer are independent. A layer with fewer than k parameters has as many
 * eigenvalues at either end.
 *
 * Costs as `spectrum`, for the network and for each block; memory too.
 *
 * Source: Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021).
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
  const {layers, ...rest} = layerwiseSpectraArgs(args);
  requireEnds(network, rest);
  const {k, seed} = rest;
  const selected = selectLayers(network.layers, layers);
  const full = await spectrum(network, rest);
  const blocks: LayerSpectrum[] = [];
  for (const {name, index, className, size} of selected) {
    // A block may be zero where the network is not: a layer whose relus are all off.
    const block = await spectrumOf(new Products(network.block(name)), {
      ...rest,
      k: Math.min(k, size),
      seed: deriveSeed(seed, 'layer', index),
    });
    blocks.push({name, index, className, ...block, similarity: similarity(block.density, full.density)});
  }
  const isWhole = selected.reduce((sum, {size}) => sum + size, 0) === network.size;
  // Without trace probes, an estimate that misses the top eigenvalue is too small and so is its error: it would weigh too much.
  const trace =
    isWhole && rest.traceProbes > 0 ? weightedMean(full.trace, sumOf(blocks.map(block => block.trace))) : full.trace;
  return {full: {...full, trace}, layers: blocks};
}
