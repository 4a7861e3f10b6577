import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {Matrix} from 'ml-matrix';
import {describe, expect, it, vi} from 'vitest';
import {kernelWeighting} from '../../src/estimators/kernel-weighting.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {hessian} from '../../src/operators/hessian.js';
import type {LayerSlice, WeightSlice} from '../../src/operators/linear-operator.js';
import {probeVector} from '../../src/random.js';
import {coverage, denseOperator, onCpuWithoutLeaks, SPECTRA, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

const layerOf = (className: string, shapes: Record<string, number[]>): LayerSlice => {
  let offset = 0;
  const weights = Object.entries(shapes).map(([name, shape]): WeightSlice => {
    const slice = {name: `layer/${name}`, path: `layer/${name}`, shape, offset};
    offset += shape.reduce((a, b) => a * b, 1);
    return slice;
  });
  return {name: 'layer', index: 0, className, offset: 0, size: offset, weights};
};

/** M of a kernel by its definition: the inner product of the weights of two neurons for each feature that both read. */
function denseWeighting(
  layer: LayerSlice,
  weights: Float32Array,
  placeOf: (slice: WeightSlice, i: number) => {neuron: string; feature: string; group: string} | null,
): Matrix {
  const entries = layer.weights.flatMap(slice => {
    const size = slice.shape.reduce((a, b) => a * b, 1);
    return Array.from({length: size}, (_, i) => {
      const place = placeOf(slice, i);
      return place && {...place, weight: weights[slice.offset + i]!, kernel: slice.name};
    });
  });
  const M = Matrix.zeros(layer.size, layer.size);
  entries.forEach((a, i) => {
    entries.forEach((b, j) => {
      if (!a || !b || a.kernel !== b.kernel || a.group !== b.group || a.feature !== b.feature) return;
      // ⟨w_s, w_s'⟩
      const inner = entries.reduce((sum, c) => {
        if (!c || c.kernel !== a.kernel || c.group !== a.group || c.neuron !== a.neuron) return sum;
        const d = entries.find(
          e => e && e.kernel === a.kernel && e.group === a.group && e.neuron === b.neuron && e.feature === c.feature,
        )!;
        return sum + c.weight * d.weight;
      }, 0);
      M.set(i, j, inner);
    });
  });
  return M;
}

/** The indices of an entry in a tensor. */
const indices = (shape: readonly number[], i: number): number[] => {
  const result: number[] = [];
  for (const size of [...shape].reverse()) {
    result.unshift(i % size);
    i = Math.floor(i / size);
  }
  return result;
};

const CASES: [
  string,
  LayerSlice,
  (at: number[], name: string) => {neuron: string; feature: string; group: string} | null,
][] = [
  [
    'a dense layer with a bias',
    layerOf('Dense', {kernel: [4, 3], bias: [3]}),
    (at, name) => (name.endsWith('bias') ? null : {neuron: `${at[1]}`, feature: `${at[0]}`, group: ''}),
  ],
  [
    'a dense layer with more neurons than features',
    layerOf('Dense', {kernel: [2, 5]}),
    at => ({neuron: `${at[1]}`, feature: `${at[0]}`, group: ''}),
  ],
  [
    'a convolution',
    layerOf('Conv2D', {kernel: [2, 1, 2, 3], bias: [3]}),
    (at, name) => (name.endsWith('bias') ? null : {neuron: `${at[3]}`, feature: `${at.slice(0, 3)}`, group: ''}),
  ],
  [
    'a transposed convolution',
    layerOf('Conv2DTranspose', {kernel: [2, 1, 3, 2]}),
    at => ({neuron: `${at[2]}`, feature: `${[at[0], at[1], at[3]]}`, group: ''}),
  ],
  [
    'a separable convolution',
    layerOf('SeparableConv2D', {depthwise_kernel: [2, 1, 2, 2], pointwise_kernel: [1, 1, 4, 2], bias: [2]}),
    (at, name) => {
      if (name.endsWith('bias')) return null;
      if (name.includes('depthwise')) return {neuron: `${at[3]}`, feature: `${at.slice(0, 2)}`, group: `${at[2]}`};
      return {neuron: `${at[3]}`, feature: `${at[2]}`, group: ''};
    },
  ],
];

describe('kernelWeighting', () => {
  it.each(CASES)('multiplies by the inner products of the weights of neurons: %s', async (_, layer, placeOf) => {
    const values = Float32Array.from(probeVector(3, 0, layer.size, 'gaussian'));
    const M = denseWeighting(layer, values, ({shape, name}, i) => placeOf(indices(shape, i), name));
    const weights = tf.tensor1d(values);
    const identity = tf.eye(layer.size);
    const product = await kernelWeighting(layer, weights)!(identity);
    const got = await product.array();
    got.forEach((row, i) => {
      row.forEach((x, j) => {
        expect(x).toBeCloseTo(M.get(i, j), 4);
      });
    });
    tf.dispose([weights, identity, product]);
  });

  it('computes one matrix product between two turns of other code if a product takes long', async () => {
    const weights = tf.ones<tf.Rank.R1>([2 * 5 + 5 * 3]);
    const weighting = kernelWeighting(layerOf('Dense', {kernel: [2, 5], recurrent_kernel: [5, 3]}), weights)!;
    const rows = tf.ones<tf.Rank.R2>([4, weights.size]);
    const engine = tf.engine();
    const {runKernel} = engine;
    let clock = performance.now() + 1000;
    let products = 0;
    const inTurns: number[] = [];
    const kernels = vi.spyOn(engine, 'runKernel').mockImplementation((name, ...args) => {
      if (name === 'BatchMatMul') {
        products++;
        clock += 1000;
      }
      return runKernel.call(engine, name, ...args);
    });
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const endTurn = () => void inTurns.push(products - inTurns.reduce((sum, count) => sum + count, 0));
    let timer = setImmediate(function tick() {
      endTurn();
      timer = setImmediate(tick);
    });
    try {
      tf.dispose(await weighting(rows));
      endTurn();
    } finally {
      clearImmediate(timer);
      now.mockRestore();
      kernels.mockRestore();
      tf.dispose([weights, rows]);
    }
    // Two products for each kernel.
    expect(inTurns.filter(count => count > 0)).toEqual([1, 1, 1, 1]);
  });

  it('is null for a layer without a kernel', () => {
    const weights = tf.ones<tf.Rank.R1>([9]);
    expect(kernelWeighting(layerOf('BatchNormalization', {gamma: [3], beta: [3]}), weights)).toBeNull();
    expect(kernelWeighting(layerOf('PReLU', {alpha: [3, 3]}), weights)).toBeNull();
    weights.dispose();
  });
});

describe('relativeFlatness of layerwiseSpectra', () => {
  it.each([
    ['outliers', SPECTRA.outliers(63), 16],
    ['slow decay', SPECTRA.slowDecay(63), 16],
    ['uniform', SPECTRA.uniform(63), 16],
    ['slow decay, without trace probes', SPECTRA.slowDecay(63), 0],
  ])('holds tr (M A) for 90 percent of seeds: %s', async (_, spectrum, traceProbes) => {
    const {matrix, dispose} = withSpectrum(spectrum, 11);
    dispose();
    const layer = layerOf('Dense', {kernel: [8, 7], bias: [7]});
    const values = Float32Array.from(probeVector(3, 0, 63, 'gaussian'));
    const M = denseWeighting(layer, values, ({shape, name}, i) => {
      const at = indices(shape, i);
      return name.endsWith('bias') ? null : {neuron: `${at[1]}`, feature: `${at[0]}`, group: ''};
    });
    const exact = M.mmul(matrix).trace();
    const op = denseOperator(matrix);
    const network = {...op, loss: 0, layers: [layer], block: () => op, gradient: () => tf.zeros([63]) as tf.Tensor1D};
    const weights = tf.tensor1d(values);
    const share = await coverage(exact, 60, async seed => {
      const {layers} = await layerwiseSpectra(network, {steps: 20, probes: 3, traceProbes, seed, weights});
      return layers[0]!.relativeFlatness!;
    });
    expect(share).toBeGreaterThanOrEqual(0.9);
    // All columns are known.
    const before = op.products;
    const {layers} = await layerwiseSpectra(network, {steps: 63, weights});
    expect(layers[0]!.relativeFlatness!.value).toBeCloseTo(exact, 2);
    expect(layers[0]!.relativeFlatness!.standardError).toBe(0);
    expect(op.products - before).toBe(126);
    tf.dispose(weights);
    op.dispose();
  });

  it('does not change when a relu layer is multiplied by 10 and the next one divided by 10, biases in the blocks', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 6, activation: 'relu', inputShape: [5], name: 'first'}),
        tfl.layers.dense({units: 4, activation: 'relu', name: 'second'}),
        tfl.layers.dense({units: 3, activation: 'softmax', name: 'third'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const random = (seed: number, shape: number[], factor = 1): tf.Tensor => {
      const size = shape.reduce((a, b) => a * b, 1);
      return tf.tensor(
        probeVector(seed, 0, size, 'gaussian').map(value => value * factor),
        shape,
      );
    };
    const shapes = model.getWeights().map(({shape}) => shape);
    const w = shapes.map((shape, i) => random(i, shape, 0.7));
    const x = random(9, [32, 5]);
    const y = tf.tidy(() =>
      tf.oneHot(
        tf.tensor1d(
          Array.from({length: 32}, (_, i) => i % 3),
          'int32',
        ),
        3,
      ),
    );
    const flatness = async (): Promise<number[]> => {
      const weights = tf.tidy(() =>
        tf.concat(model.trainableWeights.map(each => tf.reshape(each.read(), [-1]))),
      ) as tf.Tensor1D;
      const H = await hessian(model, {x, y});
      const {layers} = await layerwiseSpectra(H, {steps: 60, weights});
      H.dispose();
      weights.dispose();
      return layers.map(layer => layer.relativeFlatness!.value);
    };
    model.setWeights(w);
    const before = await flatness();
    const scaled = tf.tidy(() => [
      tf.mul(w[0]!, 10),
      tf.mul(w[1]!, 10),
      tf.div(w[2]!, 10),
      ...w.slice(3).map(each => tf.clone(each)),
    ]);
    model.setWeights(scaled);
    const after = await flatness();
    expect(before.every(value => value > 0.01)).toBe(true);
    before.forEach((value, i) => {
      expect(after[i]! / value).toBeCloseTo(1, 3);
    });
    tf.dispose([x, y, ...w, ...scaled]);
    model.dispose();
    model.optimizer.dispose();
  });

  it('needs weights of the shape of a vector', async () => {
    const op = denseOperator(Matrix.eye(5));
    const layer = layerOf('Dense', {kernel: [5, 1]});
    const network = {...op, loss: 0, layers: [layer], block: () => op, gradient: () => tf.zeros([5]) as tf.Tensor1D};
    const weights = tf.ones<tf.Rank.R1>([4]);
    await expect(layerwiseSpectra(network, {weights})).rejects.toThrow(/shape \[4\]; they must have .* \[5\]/);
    weights.dispose();
    op.dispose();
  });
});
