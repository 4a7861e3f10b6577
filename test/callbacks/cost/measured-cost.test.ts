import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {measuredCost} from '../../../src/callbacks/cost/measured-cost.js';
import type {CurvatureOperator} from '../../../src/operators/blocks/network-operator.js';
import {useEngine} from '../../engines.js';

beforeAll(() => useEngine('cpu'));

/** A diagonal operator whose first two blocks of products (one is profiled, one is timed) take half a second each. */
function slowAtFirst(size: number): CurvatureOperator {
  let products = 0;
  const matmat = (V: tf.Tensor2D) => {
    const end = performance.now() + (products++ < 2 ? 500 : 0);
    while (performance.now() < end);
    return V.clone();
  };
  const network = {size, layers: [{name: 'only', size}], gradientPasses: 0, matmat, block: () => network};
  return network as unknown as CurvatureOperator;
}

it('does not count what a first product takes to be prepared', async () => {
  const network = slowAtFirst(1000);
  const work = {layers: 'all', steps: 20, probes: 2, traceProbes: 10} as const;
  const {seconds} = await measuredCost({network, seconds: 0, bytesBefore: tf.memory().numBytes}, work);
  // 50 products of which the first ones took a quarter of a second each: 12 s if these counted.
  expect(seconds).toBeLessThan(6);
});
