import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {filterNormalized} from '../../../src/estimators/surface/filter-normalized.js';
import {variablesOf, weightedLayers} from '../../../src/model/layers/weighted-layers.js';
import {deriveSeed, probeVector} from '../../../src/random.js';
import {useEngine} from '../../engines.js';

beforeAll(() => useEngine('cpu'));

/** The filter that the element at `index` of a weight belongs to, by the way in which its layer uses it; `null` if it belongs to none. */
const filterOf: Record<string, (index: readonly number[]) => string | null> = {
  'embedding/embeddings': ([token]) => `${token}`,
  // [taps, inputs, outputs]
  'conv1d/kernel': ([, , output]) => `${output}`,
  'dense/kernel': ([, unit]) => `${unit}`,
  // [inputs, gates]
  'lstm/kernel': ([, gate]) => `${gate}`,
  'lstm/recurrent_kernel': ([, gate]) => `${gate}`,
  'conv2d/kernel': ([, , , output]) => `${output}`,
  // [height, width, outputs, inputs]
  'transposed/kernel': ([, , output]) => `${output}`,
  'depthwise/depthwise_kernel': ([, , input, multiplier]) => `${input} ${multiplier}`,
  'separable/depthwise_kernel': ([, , input, multiplier]) => `${input} ${multiplier}`,
  'separable/pointwise_kernel': ([, , , output]) => `${output}`,
};

function sequences(): tfl.LayersModel {
  const {layers} = tfl;
  return tfl.sequential({
    layers: [
      layers.embedding({name: 'embedding', inputDim: 5, outputDim: 3, inputLength: 6}),
      layers.conv1d({name: 'conv1d', filters: 4, kernelSize: 2}),
      layers.lstm({name: 'lstm', units: 2, recurrentInitializer: 'glorotNormal'}),
      layers.dense({name: 'dense', units: 3}),
      layers.batchNormalization({name: 'norm'}),
    ],
  });
}

function images(): tfl.LayersModel {
  const {layers} = tfl;
  return tfl.sequential({
    layers: [
      layers.conv2d({name: 'conv2d', filters: 3, kernelSize: [2, 3], inputShape: [6, 6, 2]}),
      layers.prelu({name: 'prelu', alphaInitializer: 'ones'}),
      layers.conv2dTranspose({name: 'transposed', filters: 2, kernelSize: 2}),
      layers.layerNormalization({name: 'norm', axis: [1, 2, 3]}),
      layers.depthwiseConv2d({name: 'depthwise', kernelSize: 2, depthMultiplier: 2}),
      layers.separableConv2d({name: 'separable', filters: 3, kernelSize: 2, depthMultiplier: 2}),
    ],
  });
}

/** The same by the definition, element by element in float64. */
function byDefinition(path: string, weight: Float32Array, drawn: Float32Array, shape: readonly number[]): number[] {
  const filter = (i: number) => filterOf[path]?.(indexAt(i, shape)) ?? null;
  const lengths = (values: Float32Array) => {
    const squares = new Map<string | null, number>();
    values.forEach((value, i) => void squares.set(filter(i), (squares.get(filter(i)) ?? 0) + value ** 2));
    return (i: number) => Math.sqrt(squares.get(filter(i))!);
  };
  const [own, random] = [lengths(weight), lengths(drawn)];
  return Array.from(drawn, (value, i) => (filter(i) === null ? 0 : (value * own(i)) / random(i)));
}

function indexAt(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const size of [...shape].reverse()) {
    index.unshift(i % size);
    i = Math.floor(i / size);
  }
  return index;
}

describe.each([
  ['a network of sequences', sequences],
  ['a network of images', images],
])('A filter-normalized direction of %s', (_, make) => {
  it('is what the definition gives, filter by filter; it is 0 in biases, normalization layers and PReLU', async () => {
    const model = make();
    const layers = weightedLayers(model);
    const paths = layers.flatMap(({variables}) => variables.map(({path}) => path));
    const weights = variablesOf(layers);
    const direction = filterNormalized(layers, weights, 7, 1);
    expect(direction).toHaveLength(weights.length);
    for (const [i, path] of paths.entries()) {
      const {shape, size} = weights[i]!;
      const drawn = probeVector(deriveSeed(7, 'direction', 1), i, size, 'gaussian');
      const expected = byDefinition(path, weights[i]!.dataSync() as Float32Array, drawn, shape);
      const found = direction[i]!.dataSync();
      const scale = Math.max(...expected.map(Math.abs));
      // Sums and quotients of float32.
      expected.forEach((value, j) => void expect(Math.abs(found[j]! - value)).toBeLessThanOrEqual(1e-6 * scale));
      expect(scale > 0, path).toBe(path in filterOf);
    }
  });
});

it('A filter of zeros gets a direction of zeros, and the others are as they are without it', () => {
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, useBias: false, inputShape: [2]})]});
  model.setWeights([tf.tensor2d([0, 3, 0, 4], [2, 2])]);
  const layers = weightedLayers(model);
  const [direction] = filterNormalized(layers, variablesOf(layers), 0, 0);
  const [a, b, c, d] = direction!.dataSync() as unknown as [number, number, number, number];
  expect([a, c].map(Math.abs)).toEqual([0, 0]);
  expect(Math.hypot(b, d)).toBeCloseTo(5, 5);
});
