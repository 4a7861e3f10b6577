import {InvalidArgumentError} from '../errors.js';
import type {LayerSpectrum, LayerwiseSpectra} from '../metrics/records.js';
import {similarity} from '../metrics/similarity.js';
import {type LayerSelection, selectLayers} from '../model/layer-selection.js';
import type {LayerSlice, NetworkOperator} from '../operators/linear-operator.js';
import {deriveSeed} from '../random.js';
import {checkSpectrumArgs, type SpectrumArgs, spectrum} from './spectrum.js';

/** Options of `layerwiseSpectra`. */
export interface LayerwiseSpectraArgs extends SpectrumArgs {
  /** Which layers' blocks. Default: 'all'. */
  readonly layers?: LayerSelection<LayerSlice>;
}

/**
 * The spectrum of a network's curvature, and of the diagonal block of each selected layer.
 *
 * A block's `similarity` compares its density with the network's, each scaled to unit largest magnitude; 0 = the same.
 * The probes of the network and of each layer are independent. A layer with fewer than k parameters has as many
 * eigenvalues at either end.
 *
 * Costs `steps × probes` products with the network and as many with each block (`size`, where that is no more than
 * `steps`); memory as `spectrum`. Throws an `InvalidArgumentError` for bad options, for a layer that is not there, and
 * for products that are not finite.
 *
 * Source: Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021).
 *
 * ```ts
 * const network = await hessian(model, {x, y});
 * const {full, layers} = await layerwiseSpectra(network, {layers: 'all', steps: 20, probes: 2});
 * for (const {name, trace, largest} of layers) console.log(name, trace.value, largest[0]!.value);
 * network.dispose();
 * ```
 */
export async function layerwiseSpectra(
  network: NetworkOperator,
  {layers = 'all', steps = 30, probes = 4, k = 1, seed = 0, ...rest}: LayerwiseSpectraArgs = {},
): Promise<LayerwiseSpectra> {
  if (!Array.isArray(network.layers) || typeof network.block !== 'function') {
    throw new InvalidArgumentError(
      'The operator has no layers; make one of a model with hessian(model, batch), or ask for spectrum(op) instead.',
    );
  }
  const args = {...rest, steps, probes, k, seed};
  checkSpectrumArgs(network, args);
  const selected = selectLayers(network.layers, layers);
  const full = await spectrum(network, args);
  const blocks: LayerSpectrum[] = [];
  for (const {name, index, className, size} of selected) {
    const block = await spectrum(network.block(name), {
      ...args,
      k: Math.min(k, size),
      seed: deriveSeed(seed, 'layer', index),
    });
    blocks.push({name, index, className, ...block, similarity: similarity(block.density, full.density)});
  }
  return {full, layers: blocks};
}
