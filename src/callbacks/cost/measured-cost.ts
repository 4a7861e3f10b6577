import * as tf from '@tensorflow/tfjs-core';
import {productsOf} from '../../estimators/krylov/krylov-sample.js';
import {Work} from '../../long-work.js';
import type {LayerSelection} from '../../model/layers/layer-selection.js';
import {selectLayers} from '../../model/layers/layer-selection.js';
import type {CurvatureOperator} from '../../operators/blocks/network-operator.js';
import type {LayerSlice, LinearOperator} from '../../operators/linear-operator.js';
import {basisBytes, type SampleWork, weightingBytes} from './sample-work.js';

/** What a sample of a model's curvature takes. */
export interface SampleCostEstimate {
  /** In gradients of the loss on the same batch. */
  readonly gradientPasses: number;
  /** Seconds on this machine as busy as it is now. */
  readonly seconds: number;
  /** The most bytes that are held at once, beside what the program holds already. */
  readonly bytes: number;
}

/** How many layers' products are timed. */
const TIMED_LAYERS = 3;

/** The network and some layers. */
export const MOST_MEASURED = 1 + TIMED_LAYERS;

/** Seconds; a product that is shorter is timed again: on a busy machine, a first product may take some tenths of a second just to be prepared. */
const SHORT = 1;

/** What is known of an operator. */
export interface Made {
  readonly network: CurvatureOperator;
  /** The seconds that it took to make it. */
  readonly seconds: number;
  /** The bytes that were held before it was made. */
  readonly bytesBefore: number;
}

/**
 * Estimates the cost of a sample from a few products. The operator stays the property of the caller. Each of the blocks
 * that is measured, the network and some layers, is a unit of the long work.
 *
 * Costs two blocks of `probes` products with the network, and two with each of at most three layers; four if they are short.
 */
export async function measuredCost(
  {network, seconds, bytesBefore}: Made,
  {layers, edgeProducts = 0, ...work}: SampleWork & {readonly layers: LayerSelection<LayerSlice>},
  long = new Work(),
): Promise<SampleCostEstimate> {
  const held = tf.memory().numBytes - bytesBefore;
  const linearization = network.gradientPasses;
  const whole = await productCost(network, network, work, long);
  const blocks = selectLayers(network.layers, layers);
  const timed = spread(blocks, TIMED_LAYERS);
  const costs: ProductCost[] = [];
  for (const {name} of timed) costs.push(await productCost(network, network.block(name), work, long));
  const mean = (of: (cost: ProductCost) => number) =>
    costs.length === 0 ? 0 : costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  const products = productsOf(network.size, work) + Math.min(edgeProducts, network.size);
  const blockProducts = blocks.reduce((sum, {size}) => sum + productsOf(size, work), 0);
  return {
    gradientPasses: linearization + products * whole.passes + blockProducts * mean(cost => cost.passes),
    seconds: seconds + products * whole.seconds + blockProducts * mean(cost => cost.seconds),
    // The products for the edge come when the larger bases of the spectra are gone.
    bytes: held + basisBytes(network.size, work) + Math.max(whole.bytes, weightingBytes(network.size, work)),
  };
}

/** The cost of one product. */
interface ProductCost {
  readonly passes: number;
  readonly seconds: number;
  /** The bytes that it needs for a while. */
  readonly bytes: number;
}

/** Of a product within a block of `probes` products. */
async function productCost(
  network: CurvatureOperator,
  block: LinearOperator,
  {probes}: SampleWork,
  long: Work,
): Promise<ProductCost> {
  const vectors = tf.ones([block.size, probes]) as tf.Tensor2D;
  try {
    await long.pause();
    // A profiled product runs kernel by kernel, and tells the bytes after each.
    const before = tf.memory().numBytes;
    const {peakBytes} = await tf.profile(() => {
      block.matmat(vectors).dispose();
      return [];
    });
    const passes = network.gradientPasses;
    await long.pause();
    let seconds = await timed(block, vectors);
    const onePasses = (network.gradientPasses - passes) / probes;
    // Short products take less once they are compiled.
    for (let i = 0; i < 2 && seconds < SHORT; i++) {
      await long.pause();
      seconds = Math.min(seconds, await timed(block, vectors));
    }
    long.count(1);
    return {
      passes: onePasses,
      seconds: seconds / probes,
      bytes: Math.max(0, peakBytes - before),
    };
  } finally {
    vectors.dispose();
  }
}

async function timed(block: LinearOperator, vectors: tf.Tensor2D): Promise<number> {
  const began = performance.now();
  const product = block.matmat(vectors);
  await product.data();
  const seconds = (performance.now() - began) / 1000;
  product.dispose();
  return seconds;
}

/** At most `count` elements, from the first to the last. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  return Array.from({length: count}, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))]!);
}
