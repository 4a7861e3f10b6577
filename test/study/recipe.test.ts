import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import {beforeAll, describe, expect, it} from 'vitest';
import {randomBits} from '../../src/random.js';
import type {Images} from '../../study/data/images.js';
import {protocolJobs, protocolPlans, protocolRecipe} from '../../study/protocol/protocol-jobs.js';
import {protocolSettings} from '../../study/protocol/settings.js';
import {imageBatches} from '../../study/recipe/image-batches.js';
import {imagePlans} from '../../study/recipe/image-plans.js';
import {learningRateIn} from '../../study/recipe/learning-rate-steps.js';
import {buildNetwork} from '../../study/recipe/networks.js';
import {strengthAt} from '../../study/recipe/penalize.js';
import {pixelSources, prepareImages} from '../../study/recipe/prepare-images.js';
import {sharpnessAware} from '../../study/recipe/sharpness-aware.js';
import {useEngine} from '../engines.js';

const engine = {...tf, ...layers} as unknown as TensorFlow;

const lenet = (args: {seed?: number; weightDecay?: number} = {}) =>
  buildNetwork(engine, 'lenet-5', {
    ...{inputShape: [32, 32, 1], classes: 10, dropout: 0, seed: 1, weightDecay: 0},
    ...args,
  });

const kernelsOf = (model: LayersModel) => model.trainableWeights.map(weight => weight.read() as tf.Variable);

describe('the turn and flip of an image', () => {
  const turned = (isFlipped: boolean, degrees: number, rows: readonly string[]) => {
    const [height, width] = [rows.length, rows[0]!.length];
    const from = pixelSources(height, width, isFlipped, (degrees * Math.PI) / 180);
    const pixels = rows.join('');
    const out = [...from].map(place => (place < 0 ? '.' : pixels[place]!)).join('');
    return rows.map((_, r) => out.slice(r * width, (r + 1) * width));
  };

  it('leaves an image as it is without both', () => {
    expect(turned(false, 0, ['abc', 'def'])).toEqual(['abc', 'def']);
  });

  it('flips from left to right', () => {
    expect(turned(true, 0, ['abc', 'def'])).toEqual(['cba', 'fed']);
  });

  it('turns counterclockwise around the center, after the flip', () => {
    expect(turned(false, 90, ['abc', 'def', 'ghi'])).toEqual(['cfi', 'beh', 'adg']);
    expect(turned(true, 90, ['abc', 'def', 'ghi'])).toEqual(['adg', 'beh', 'cfi']);
  });

  it('has nothing to take where it looks beyond the edge', () => {
    expect(turned(false, 45, ['abc', 'def', 'ghi']).join('')).toContain('e');
    expect(turned(false, 45, ['aaaa', 'aaaa', 'aaaa', 'aaaa'])[0]![0]).toBe('.');
  });
});

describe('prepared images', () => {
  beforeAll(() => useEngine('cpu'));
  const images: Images = {
    shape: [2, 2, 1],
    pixels: Uint8Array.from([0, 51, 102, 255, 10, 20, 30, 40]),
    labels: Uint8Array.from([3, 1]),
  };
  const plan = {padding: 1, mean: [0.2], deviation: [0.4], rotation: 15};
  const value = (byte: number) => (byte / 255 - 0.2) / 0.4;

  it('are padded with black and then normalized', () => {
    const x = prepareImages(engine, images, [0], plan, null);
    const bytes = [0, 0, 0, 0, 0, 0, 51, 0, 0, 102, 255, 0, 0, 0, 0, 0];
    expect(x.shape).toEqual([1, 4, 4, 1]);
    for (const [i, entry] of [...x.dataSync()].entries()) expect(entry).toBeCloseTo(value(bytes[i]!), 5);
  });

  it('are the same again for the same bits, and others for other bits', () => {
    const [width, n] = [16, 20];
    const many: Images = {
      shape: [width, width, 1],
      pixels: Uint8Array.from({length: n * width * width}, (_, i) => (i * 37) % 256),
      labels: new Uint8Array(n),
    };
    const places = Array.from({length: n}, (_, i) => i);
    const draw = (seed: number) => [...prepareImages(engine, many, places, plan, randomBits(seed, 0)).dataSync()];
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('come in batches, the last of which has what is left, with smoothed labels, twice where that is asked for', async () => {
    const args = {images, classes: 4, plan: {...plan, rotation: null}, batchSize: 2, seed: 1};
    const three = {...images, pixels: new Uint8Array(12), labels: Uint8Array.from([3, 1, 0])};
    const before = tf.memory().numTensors;
    const batches = imageBatches(engine, {...args, images: three, labelSmoothing: 0.2, repeats: 2});
    const iterator = await batches.iterator();
    const seen: number[][] = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const {xs, ys} = next.value;
      seen.push([xs.shape[0]!, ...ys.dataSync()]);
      tf.dispose([xs, ys]);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(seen.map(([n]) => n)).toEqual([2, 2, 1, 1]);
    expect(seen[1]).toEqual(seen[0]);
    const labels = [...seen[0]!.slice(1), ...seen[2]!.slice(1)];
    expect(labels.map(y => y.toFixed(2)).filter(y => y === '0.85')).toHaveLength(3);
    expect(labels.map(y => y.toFixed(2)).filter(y => y === '0.05')).toHaveLength(9);
  });
});

describe('the networks of the paper', () => {
  beforeAll(() => useEngine('native'));

  it('are as large as in PyTorch', () => {
    const size = (model: LayersModel) => kernelsOf(model).reduce((sum, {size: n}) => sum + n, 0);
    expect(size(lenet())).toBe(61_706);
    // The number that the common implementation for CIFAR has.
    const resnet = buildNetwork(engine, 'resnet-18', {
      ...{inputShape: [32, 32, 3], classes: 10, dropout: 0, seed: 1, weightDecay: 0},
    });
    expect(size(resnet)).toBe(11_173_962);
  });

  it('have initial weights and biases of LeNet between ± 1/√(fan in), of the variance of a uniform draw', () => {
    const fans = [25, 25, 150, 150, 400, 400, 120, 120, 84, 84];
    for (const [i, weight] of kernelsOf(lenet()).entries()) {
      const values = [...weight.dataSync()].map(w => w * Math.sqrt(fans[i]!));
      expect(Math.max(...values.map(Math.abs)), weight.name).toBeLessThanOrEqual(1 + 1e-6);
      const meanSquare = values.reduce((sum, w) => sum + w * w, 0) / values.length;
      // The standard error of the mean square of n uniform draws is √(4/45 / n); four of them.
      expect(Math.abs(meanSquare - 1 / 3), weight.name).toBeLessThan(4 * Math.sqrt(4 / 45 / values.length));
    }
  });

  it('have the same weights for the same seed, and others for another', () => {
    const all = (seed: number) => kernelsOf(lenet({seed})).map(weight => [...weight.dataSync().slice(0, 5)]);
    expect(all(1)).toEqual(all(1));
    expect(all(1)).not.toEqual(all(2));
  });

  it('have λ/2 times the squares of all weights, biases included, as their decay', () => {
    const model = lenet({weightDecay: 0.01});
    const decay = model.calculateLosses().reduce((sum, loss) => sum + loss.dataSync()[0]!, 0);
    const squares = kernelsOf(model).reduce((sum, weight) => sum + tf.sum(tf.square(weight)).dataSync()[0]!, 0);
    expect(decay).toBeCloseTo(0.005 * squares, 5);
  });
});

describe('the protocol of the paper', () => {
  it('divides the learning rate by four at the milestones', () => {
    const recipe = protocolRecipe(protocolSettings['lenet-mnist'], {});
    expect([0, 9, 10, 19, 20, 29].map(epoch => learningRateIn(epoch, recipe))).toEqual([
      ...[0.01, 0.01, 0.0025, 0.0025, 0.000625, 0.000625],
    ]);
  });

  it('penalizes the steps 0, 50, … of each epoch from a certain epoch on', () => {
    const {penalty} = protocolSettings['lenet-mnist'].arms['htr-l2'];
    const steps = Array.from({length: 12 * 235}, (_, i) => i + 1).filter(step => strengthAt(step, penalty, 235) > 0);
    expect(steps).toEqual([0, 50, 100, 150, 200, 235, 285, 335, 385, 435].map(step => 1 + 10 * 235 + step));
  });

  it('trains on all images, and with the numbers of the authors’ scripts', () => {
    const jobs = protocolJobs(protocolPlans.full);
    expect(jobs).toHaveLength(2 * 5 * 5);
    expect(new Set(jobs.map(({id}) => id)).size).toBe(jobs.length);
    const fashion = jobs.find(({id}) => id === 'protocol_lenet-fashion-mnist_middle_3')!;
    expect(fashion.recipe).toMatchObject({
      ...{training: 'all', validation: 0, test: 'all', epochs: 40, batchSize: 256, weightDecay: 0},
      images: imagePlans['fashion-mnist'],
      penalty: {strength: 1e-6, fromEpoch: 20, probes: 10, layers: 'middle half', distribution: 'gaussian'},
    });
  });
});

describe('sharpness-aware minimization', () => {
  beforeAll(() => useEngine('native'));

  it('updates by the gradient at θ + ρ g/‖g‖, from θ', async () => {
    const build = () =>
      layers.sequential({
        layers: [
          layers.layers.dense({
            ...{units: 3, inputShape: [4], activation: 'softmax'},
            kernelInitializer: layers.initializers.randomNormal({seed: 3}),
          }),
        ],
      });
    const x = tf.randomNormal([6, 4], 0, 1, 'float32', 2);
    const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 1], 'int32'), 3).toFloat();
    const [rate, rho] = [0.1, 0.3];

    const model = build();
    model.compile({optimizer: sharpnessAware(engine, rate, 0.9, rho), loss: 'categoricalCrossentropy'});
    const before = tf.memory().numTensors;
    for (let step = 0; step < 4; step++) await model.trainOnBatch(x, y);
    // The optimizer keeps one tensor of momentum for each weight.
    expect(tf.memory().numTensors).toBe(before + 2);

    // By hand, with momentum over two updates.
    const own = build();
    const weights = own.trainableWeights.map(weight => weight.read() as tf.Variable);
    const loss = () =>
      tf.losses.softmaxCrossEntropy(y, tf.add(tf.matMul(x, weights[0] as tf.Tensor2D), weights[1]!)) as tf.Scalar;
    const gradient = () => {
      const {grads} = tf.variableGrads(loss, weights);
      return weights.map(({name}) => grads[name]!);
    };
    const velocity = weights.map(weight => tf.zerosLike(weight) as tf.Tensor);
    for (let update = 0; update < 2; update++) {
      const home = weights.map(weight => weight.clone());
      const g = gradient();
      const norm = Math.sqrt(g.reduce((sum, part) => sum + tf.sum(tf.square(part)).dataSync()[0]!, 0));
      for (const [i, weight] of weights.entries()) weight.assign(tf.add(weight, tf.mul(g[i]!, rho / norm)));
      for (const [i, part] of gradient().entries()) {
        velocity[i] = tf.add(tf.mul(velocity[i]!, 0.9), part);
        weights[i]!.assign(tf.sub(home[i]!, tf.mul(velocity[i]!, rate)));
      }
    }
    const [kernel, bias] = model.getWeights();
    // float32; the hand's loss is taken from logits.
    expect(tf.max(tf.abs(tf.sub(kernel!, weights[0]!))).dataSync()[0]).toBeLessThan(1e-6);
    expect(tf.max(tf.abs(tf.sub(bias!, weights[1]!))).dataSync()[0]).toBeLessThan(1e-6);
  });
});
