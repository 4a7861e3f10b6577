import * as tf from '@tensorflow/tfjs-core';
import {productsOf} from '../../estimators/krylov/krylov-sample.js';
import {Work} from '../../long-work.js';
import type {LayerSelection} from '../../model/layers/layer-selection.js';
import {selectLayers} from '../../model/layers/layer-selection.js';
import {nodeModules} from '../../native/node-modules.js';
import type {LayerSlice} from '../../operators/linear-operator.js';
import {warn} from '../../warnings.js';
import {type Made, measuredCost, type SampleCostEstimate} from './measured-cost.js';
import {basisBytes, type SampleWork, weightingBytes} from './sample-work.js';

/** A sample that takes longer is announced. */
const SECONDS = 10;

/** A sample that takes a larger share of the free memory is announced. */
const SHARE_OF_MEMORY = 1 / 4;

export interface AnnouncedWork extends SampleWork {
  readonly layers: LayerSelection<LayerSlice>;
}

/**
 * Warns before work that takes more than ten seconds or a quarter of the free memory. Costs nothing where that is
 * impossible, else the products of `measuredCost`.
 *
 * @param signal stops the products.
 * @param waysOut how a user makes it cheaper, for the end of the message.
 */
export async function announceCost(
  made: Made,
  work: AnnouncedWork,
  waysOut: string,
  signal?: AbortSignal,
): Promise<void> {
  const free = freeMemory();
  if (isSurelyCheap(made, work, free)) return;
  const cost = await measuredCost(made, work, new Work({...(signal && {signal})}));
  if (cost.seconds <= SECONDS && cost.bytes <= SHARE_OF_MEMORY * free) return;
  const {network} = made;
  const layers = selectLayers(network.layers, work.layers).length;
  warn(
    'costly',
    `The spectra of ${network.size.toLocaleString('en')} parameters and of ${layers} layer${layers === 1 ? '' : 's'} take about ${spelled(cost)}. To make them cheaper: ${waysOut}.`,
  );
}

/** Whether neither limit can be reached: a product takes less time, and holds less, than making the operator. */
function isSurelyCheap({network, seconds, bytesBefore}: Made, work: AnnouncedWork, free: number): boolean {
  const sizes = [network.size, ...selectLayers(network.layers, work.layers).map(({size}) => size)];
  const products = sizes.reduce((sum, size) => sum + productsOf(size, work), work.edgeProducts ?? 0);
  const held = tf.memory().numBytes - bytesBefore;
  const bytes = (1 + work.probes) * held + basisBytes(network.size, work) + weightingBytes(network.size, work);
  return products * seconds < SECONDS && bytes < SHARE_OF_MEMORY * free;
}

/** Of the machine; unknown, and so without limit, in a browser. */
function freeMemory(): number {
  return nodeModules()?.os.freemem() ?? Number.POSITIVE_INFINITY;
}

function spelled({seconds, bytes}: SampleCostEstimate): string {
  const time = seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  const memory = bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  return `${time} and ${memory}`;
}
