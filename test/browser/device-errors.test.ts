// @module-tag browser
import type {KernelConfig} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {
  activationHessian,
  attachRegularizer,
  EngineError,
  eigenvalues,
  everyBatches,
  gaussNewton,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
  hessian,
  layerwiseSpectra,
  quadraticForm,
  sampleCurvature,
  shifted,
  trace,
} from 'tfjs-hessian';
import {conjugateGradient, coupling} from 'tfjs-hessian/estimators';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {engines, useEngine} from './engines.js';

interface Backend {
  runWebGPUProgram(program: object, inputs: object[], dtype: string): tf.TensorInfo;
}

/** A shader that no device takes. */
class BrokenProgram {
  readonly outputShape: number[];
  readonly variableNames = ['A'];
  readonly workgroupSize = [64, 1, 1];
  readonly dispatchLayout = {x: [0]};
  readonly dispatch = [1, 1, 1];
  readonly shaderKey = 'broken';

  constructor(shape: number[]) {
    this.outputShape = shape;
  }

  getUserCode(): string {
    return 'fn _start() { let x : i32 = 1.5f; }';
  }
}

/** Has a kernel run a shader that the device refuses, as TensorFlow.js does: without an error. */
function breakKernel(name: string): () => void {
  const own = tf.getKernel(name, 'webgpu');
  const broken: KernelConfig = {
    ...own,
    kernelFunc: ({inputs, backend, ...rest}) => {
      const whole = own.kernelFunc({inputs, backend, ...rest}) as tf.TensorInfo;
      return (backend as Backend).runWebGPUProgram(new BrokenProgram(whole.shape), [whole], whole.dtype);
    },
  };
  tf.unregisterKernel(name, 'webgpu');
  tf.registerKernel(broken);
  return () => {
    tf.unregisterKernel(name, 'webgpu');
    tf.registerKernel(own);
  };
}

function smallModel(): LayersModel {
  const model = layers.sequential({
    layers: [
      layers.layers.dense({name: 'hidden', units: 4, inputShape: [3], activation: 'tanh'}),
      layers.layers.dense({name: 'out', units: 2}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const smallBatch = () => ({
  x: tf.randomNormal<tf.Rank.R2>([5, 3], 0, 1, 'float32', 1),
  y: tf.randomNormal<tf.Rank.R2>([5, 2], 0, 1, 'float32', 2),
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error;
  }
}

async function expectRefusal(promise: Promise<unknown>, kernel: string): Promise<void> {
  const error = await errorOf(promise);
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).kernelName).toBe(kernel);
  expect((error as EngineError).message).toContain(`"${kernel}"`);
}

describe('a kernel that WebGPU refuses', () => {
  let restore = () => {};
  beforeAll(() => useEngine('webgpu'));
  beforeEach(() => {
    restore = () => {};
  });
  afterEach(() => restore());

  it.each([
    ['hessian', (model: LayersModel) => hessian(model, smallBatch())],
    ['gaussNewton', (model: LayersModel) => gaussNewton(model, smallBatch())],
    ['hessian of a data set', (model: LayersModel) => hessian(model, [smallBatch()])],
    ['activationHessian', (model: LayersModel) => activationHessian(model, smallBatch(), {layer: 'hidden'})],
    ['sampleCurvature', (model: LayersModel) => sampleCurvature(model, smallBatch())],
    [
      'quadraticForm',
      (model: LayersModel) => quadraticForm(model, smallBatch(), {direction: new Float32Array(26).fill(1)}),
    ],
  ])('is named by %s, which holds nothing then', async (_name, make) => {
    const model = smallModel();
    const batch = smallBatch();
    tf.dispose(batch.x);
    restore = breakKernel('Tanh');
    const before = tf.memory().numTensors;
    await expectRefusal(make(model), 'Tanh');
    // The batch that it was given.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2);
  });

  it('is named where a product of many columns alone runs it: in what is read, by estimators, and by the next product', async () => {
    const H = await hessian(smallModel(), smallBatch());
    // A product with a vector has run; several columns are transposed.
    restore = breakKernel('Transpose');
    const V = tf.ones<tf.Rank.R2>([H.size, 3]);
    const product = H.matmat(V);
    await expectRefusal(product.data(), 'Transpose');
    expect(() => H.matmat(V)).toThrow(EngineError);
    await expectRefusal(coupling(H), 'Transpose');
    await expectRefusal(trace(H, {probes: 5}), 'Transpose');
    H.dispose();
    // It is another program of the same kernel.
    restore();
    restore = () => {};
    const again = await hessian(smallModel(), smallBatch());
    // The weights are random, and with them the sign.
    expect(Number.isFinite((await trace(again)).value)).toBe(true);
    again.dispose();
  });

  it('is named by estimators of a block', async () => {
    const H = await hessian(smallModel(), smallBatch());
    restore = breakKernel('Concat');
    for (const estimate of [
      () => eigenvalues(H.block('hidden')),
      () => layerwiseSpectra(H),
      () => conjugateGradient(shifted(H.block('out'), 1), tf.ones([10])),
    ]) {
      await expectRefusal(estimate(), 'Concat');
    }
    H.dispose();
  });

  it('comes as failures of a callback, and training goes on', async () => {
    const model = smallModel();
    const {x, y} = smallBatch();
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 2, probes: 1});
    const failures: Error[] = [];
    curvature.failures$.subscribe(({error}) => failures.push(error));
    // Training runs it as well, and is left alone.
    restore = breakKernel('Tanh');
    await model.fit(x, y, {epochs: 2, batchSize: 5, verbose: 0, callbacks: [curvature]});
    expect(failures).toHaveLength(2);
    for (const error of failures) expect(error).toBeInstanceOf(EngineError);
    curvature.dispose();
  });

  it('fails a penalized training: one step by hand, one fit of one step, and the stream of penalties', async () => {
    const {x, y} = smallBatch();
    const penalized = () => {
      const model = smallModel();
      return {model, ...attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1}))};
    };
    const [first, second] = [penalized(), penalized()];
    restore = breakKernel('Tanh');
    const streamed = new Promise((_, reject) => first.penalty$.subscribe({error: reject}));
    streamed.catch(() => {});
    await expectRefusal(first.model.trainOnBatch(x, y), 'Tanh');
    await expectRefusal(streamed, 'Tanh');
    await expectRefusal(second.model.fit(x, y, {epochs: 1, batchSize: 5, verbose: 0}), 'Tanh');
    await expectRefusal(second.model.fit(x, y, {epochs: 5, batchSize: 5, verbose: 0}), 'Tanh');
    restore();
    restore = () => {};
    const third = penalized();
    await third.model.fit(x, y, {epochs: 2, batchSize: 5, verbose: 0});
  });
});

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('a mask that global max pooling has made is moved', async () => {
    const model = layers.sequential({
      layers: [
        layers.layers.conv1d({filters: 3, kernelSize: 2, inputShape: [6, 2], activation: 'tanh'}),
        layers.layers.globalMaxPooling1d({}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const x = tf.randomNormal<tf.Rank.R3>([4, 6, 2], 0, 1, 'float32', 1);
    const y = tf.randomNormal<tf.Rank.R2>([4, 3], 0, 1, 'float32', 2);
    const before = tf.memory().numTensors;
    const H = await hessian(model, {x, y});
    const u = tf.randomNormal<tf.Rank.R1>([H.size], 0, 1, 'float32', 3);
    const v = tf.randomNormal<tf.Rank.R1>([H.size], 0, 1, 'float32', 4);
    const [Hu, Hv] = [H.matvec(u), H.matvec(v)];
    const [a, b, p, q] = await Promise.all([u, v, Hu, Hv].map(tensor => tensor.data()));
    const dot = (s: ArrayLike<number>, t: ArrayLike<number>) =>
      Array.from(s).reduce((sum, entry, i) => sum + entry * t[i]!, 0);
    const norm = Math.sqrt(dot(a!, a!) * dot(q!, q!));
    expect(norm).toBeGreaterThan(0);
    // float32's rounding of the products.
    expect(Math.abs(dot(b!, p!) - dot(a!, q!))).toBeLessThan(1e-5 * norm);
    H.dispose();
    tf.dispose([u, v, Hu, Hv]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
