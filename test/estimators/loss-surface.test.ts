import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {LossSurfaceArgs} from '../../src/estimators/loss-surface.js';
import {lossSurface} from '../../src/estimators/loss-surface.js';
import type {Batch} from '../../src/model/batch.js';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch} from '../references.js';

/** Numbers in [−1, 1] that look random. */
const numbers = (n: number, seed: number) => Array.from({length: n}, (_, i) => Math.sin((seed + 1) * (i + 1) * 1.7));

interface Regression {
  readonly model: tfl.LayersModel;
  readonly batch: Batch;
  /** The loss at float64 weights, kernel then bias, by its formula. */
  loss(weights: readonly number[]): number;
  readonly weights: readonly number[];
}

/** Linear regression: its loss is a quadratic function of the weights, mean over i of cᵢ (xᵢ · w + b − yᵢ)². */
function regression(weighted = false): Regression {
  const [rows, columns] = [8, 3];
  const [x, y, weights] = [numbers(rows * columns, 1), numbers(rows, 2), numbers(columns + 1, 3)].map(list =>
    list.map(Math.fround),
  ) as [number[], number[], number[]];
  const c = weighted ? numbers(rows, 4).map(value => Math.fround(1 + value)) : Array<number>(rows).fill(1);
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [columns]})]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  model.setWeights([tf.tensor2d(weights.slice(0, columns), [columns, 1]), tf.tensor1d(weights.slice(columns))]);
  const batch = {
    x: tf.tensor2d(x, [rows, columns]),
    y: tf.tensor2d(y, [rows, 1]),
    ...(weighted && {sampleWeight: tf.tensor1d(c)}),
  };
  const loss = (at: readonly number[]) => {
    const errors = y.map((target, i) => {
      const predicted = x.slice(i * columns, (i + 1) * columns).reduce((sum, value, j) => sum + value * at[j]!, 0);
      return c[i]! * (predicted + at[columns]! - target) ** 2;
    });
    return errors.reduce((a, b) => a + b, 0) / rows;
  };
  return {model, batch, loss, weights};
}

/** A small network with dropout and batch normalization, whose weights, moving averages and draws a surface could disturb. */
function restless(): {model: tfl.LayersModel; batches: Batch[]} {
  const kernelInitializer = (seed: number) => tfl.initializers.glorotUniform({seed});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 6, inputShape: [4], activation: 'relu', kernelInitializer: kernelInitializer(1)}),
      tfl.layers.batchNormalization(),
      tfl.layers.dropout({rate: 0.4}),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: kernelInitializer(2)}),
    ],
  });
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
  const batches = [5, 7].map((rows, i) => ({
    x: tf.tensor2d(numbers(rows * 4, i), [rows, 4]),
    y: tf.oneHot(
      tf.tensor1d(
        Array.from({length: rows}, (_, j) => (i + j) % 3),
        'int32',
      ),
      3,
    ),
  }));
  return {model, batches};
}

const valuesOf = (model: tfl.LayersModel) => model.getWeights().map(weight => Array.from(weight.dataSync()));

describe.each(engines)('On %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each([
    ['', false],
    [', with sample weights', true],
  ])('the surface of a quadratic loss is its formula’s, in all forms of directions%s', async (_, weighted) => {
    const {model, batch, loss, weights} = regression(weighted);
    const [d, e] = [numbers(4, 5), numbers(4, 6)].map(list => list.map(Math.fround)) as [number[], number[]];
    const byWeight = (vector: number[]) => [tf.tensor2d(vector.slice(0, 3), [3, 1]), tf.tensor1d(vector.slice(3))];
    for (const directions of [
      [d, e],
      [tf.tensor1d(d), Float32Array.from(e)],
      [byWeight(d), byWeight(e)],
    ] as const) {
      const surface = await lossSurface(model, batch, {directions, points: [5, 4], range: [2, 0.5]});
      expect(surface.u).toEqual([-2, -1, 0, 1, 2]);
      expect(surface.v).toEqual([-0.5, -0.5 / 3, 0.5 / 3, 0.5]);
      surface.u.forEach((a, i) => {
        surface.v.forEach((b, j) => {
          const expected = loss(weights.map((w, k) => w + a * d[k]! + b * e[k]!));
          // Float32 adds up 8 squares of errors that are about as large as what is subtracted.
          expect(Math.abs(surface.loss[i]![j]! / expected - 1)).toBeLessThan(1e-6);
        });
      });
      expect(Math.abs(surface.center / loss(weights) - 1)).toBeLessThan(1e-6);
      const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
      expect(surface.norms[0]).toBeCloseTo(Math.sqrt(dot(d, d)), 5);
      expect(surface.cosine).toBeCloseTo(dot(d, e) / Math.sqrt(dot(d, d) * dot(e, e)), 5);
      expect(surface).toMatchObject({directions: 'given', eigenvalues: null});
      expect(JSON.parse(JSON.stringify(surface))).toEqual(surface);
    }
  });

  it('along eigenvectors, a quadratic loss has the eigenvalues as second differences and no mixed one', async () => {
    const {model, batch, loss, weights} = regression();
    const {u, v, loss: found, eigenvalues} = await lossSurface(model, batch, {directions: 'eigenvectors', points: 3});
    expect([u, v]).toEqual([
      [-1, 0, 1],
      [-1, 0, 1],
    ]);
    const [[mm, m0, mp], [zm, zz, zp], [pm, p0, pp]] = found as [number, number, number][] as [
      [number, number, number],
      [number, number, number],
      [number, number, number],
    ];
    // Sums of numbers near 1 in float32, and eigenvectors to 1e-3, whose Rayleigh quotients are right to its square.
    expect(m0 - 2 * zz + p0).toBeCloseTo(eigenvalues![0]!.value, 4);
    expect(zm - 2 * zz + zp).toBeCloseTo(eigenvalues![1]!.value, 4);
    expect(Math.abs((pp - pm - mp + mm) / 4)).toBeLessThan(2e-3 * eigenvalues![0]!.value);
    expect(eigenvalues![0]!.value).toBeGreaterThan(eigenvalues![1]!.value);
    expect(zz).toBeCloseTo(loss(weights), 6);
  });

  it('along eigenvectors of a network, second differences are the exact eigenvalues', async () => {
    const reference = readReference('mlp_tanh');
    const model = await loadReferenceModel('mlp_tanh', reference);
    const args = {directions: 'eigenvectors', points: 3, range: 0.05} as const;
    const {loss, center, eigenvalues} = await lossSurface(model, referenceBatch(reference), args);
    [0, 1].forEach(axis => {
      const exact = reference.full.eigenvalues[axis]!;
      const [before, after] = axis === 0 ? [loss[0]![1]!, loss[2]![1]!] : [loss[1]![0]!, loss[1]![2]!];
      expect(Math.abs(eigenvalues![axis]!.value - exact)).toBeLessThanOrEqual(eigenvalues![axis]!.residual);
      // The fourth derivative adds a part of about 0.05², and float32's rounding 1e-7 / 0.05² of the loss.
      expect(Math.abs((before - 2 * center + after) / 0.05 ** 2 / exact - 1)).toBeLessThan(0.02);
    });
    expect(loss[1]![1]).toBe(center);
    expect(center).toBeCloseTo(reference.loss, 5);
  });

  it('networks that compute the same with other lengths of their filters have the same filter-normalized surface', async () => {
    const {batches} = restless();
    const build = (scale: number) => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({units: 5, inputShape: [4], activation: 'relu'}),
          tfl.layers.dense({units: 3, activation: 'softmax'}),
        ],
      });
      model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
      const [w, b, out, last] = [20, 5, 15, 3].map((n, i) => tf.tensor1d(numbers(n, i + 10)));
      model.setWeights([
        tf.reshape(tf.mul(w!, scale), [4, 5]),
        tf.mul(b!, scale),
        tf.reshape(tf.div(out!, scale), [5, 3]),
        last!,
      ]);
      return model;
    };
    const args = {points: 5, seed: 3} as const;
    const plain = await lossSurface(build(1), batches[0]!, args);
    const scaled = await lossSurface(build(8), batches[0]!, args);
    const error = plain.loss.flatMap((row, i) => row.map((loss, j) => Math.abs(loss - scaled.loss[i]![j]!)));
    // A power of 2 scales float32 exactly; lengths of filters do not cancel exactly.
    expect(Math.max(...error)).toBeLessThan(1e-5);
    expect(Math.max(...plain.loss.flat()) - plain.center).toBeGreaterThan(0.1);
    expect(scaled.norms).not.toEqual(plain.norms);
  });

  it('the middle is the loss of the operators, on a batch and over a data set, with the same dropout masks', async () => {
    const {model, batches} = restless();
    for (const data of [batches[0]!, batches]) {
      for (const seed of [1, 2]) {
        const H = await hessian(model, data as Batch, {seed});
        const {center, loss} = await lossSurface(model, data, {seed, points: 3, range: 0.01});
        // An operator adds up the batches in float32.
        expect(Math.abs(center / H.loss - 1)).toBeLessThan(1e-6);
        expect(loss[1]![1]).toBe(center);
        H.dispose();
      }
    }
    const [one, other] = [
      await lossSurface(model, batches, {points: 1, seed: 1}),
      await lossSurface(model, batches, {points: 1, seed: 2}),
    ];
    expect(one.center).not.toBe(other.center);
  });

  it('leaves the weights and moving averages bit for bit, and no tensor: at the end, after an abort and after an error', async () => {
    const {model, batches} = restless();
    const before = {values: valuesOf(model), tensors: tf.memory().numTensors};
    const unchanged = () => expect({values: valuesOf(model), tensors: tf.memory().numTensors}).toEqual(before);
    for (const directions of ['filterNormalized', 'eigenvectors'] as const) {
      await lossSurface(model, batches, {directions, points: 3});
      unchanged();
      const controller = new AbortController();
      const stopped = new Error('stopped');
      const onProgress = ({done, total}: {done: number; total: number}) => {
        if (done > 0.9 * total) controller.abort(stopped);
      };
      const {signal} = controller;
      await expect(lossSurface(model, batches, {directions, points: 5, signal, onProgress})).rejects.toBe(stopped);
      unchanged();
    }
    const far = {directions: [numbers(63, 1), numbers(63, 2)], range: 1e38, points: 3} as const;
    await expect(lossSurface(model, batches, far)).rejects.toThrow(/not finite at u = .*; choose a smaller range/);
    unchanged();
  });
});

describe('On cpu', () => {
  beforeAll(() => useEngine('cpu'));

  it('a training that goes on meanwhile is the same bit for bit, and so is the surface', async () => {
    const train = async (during: (model: tfl.LayersModel, batch: Batch) => Promise<unknown>) => {
      const {model, batches} = restless();
      const {x, y} = batches[0]!;
      const random = Math.random;
      let state = 1;
      Math.random = () => {
        state = (state * 16807) % 2147483647;
        return state / 2147483647;
      };
      try {
        const surface = during(model, batches[1]!);
        const {history} = await model.fit(x as tf.Tensor, y as tf.Tensor, {
          epochs: 30,
          batchSize: 3,
          verbose: 0,
          shuffle: false,
        });
        return {trained: {history, weights: valuesOf(model)}, surface: await surface};
      } finally {
        Math.random = random;
      }
    };
    const args: LossSurfaceArgs = {points: 7, seed: 1};
    const alone = await train(async () => null);
    let turns = 0;
    const both = await train((model, batch) =>
      lossSurface(model, batch, {
        ...args,
        onProgress: () => new Promise<void>(resolve => setTimeout(resolve, ++turns % 3)),
      }),
    );
    const {model, batches} = restless();
    expect(both.trained).toEqual(alone.trained);
    expect(both.surface).toEqual(await lossSurface(model, batches[1]!, args));
  });

  it('reads a data set that can be read once, up to a number of batches', async () => {
    const {model, batches} = restless();
    const args = {points: 3, seed: 4} as const;
    const [first, all] = [await lossSurface(model, batches.slice(0, 1), args), await lossSurface(model, batches, args)];
    expect(await lossSurface(model, batches.values(), args)).toEqual(all);
    expect(await lossSurface(model, batches.values(), {...args, batches: 1})).toEqual(first);
    expect(first.center).not.toBe(all.center);
  });

  it.each<[RegExp, LossSurfaceArgs]>([
    [
      /directions\[1\] has shape \[3\]; a vector of all trainable weights has shape \[4\]/,
      {
        directions: [
          [1, 2, 3, 4],
          [1, 2, 3],
        ],
      },
    ],
    [
      /directions\[0\] has 1 tensors; the model has 2 trainable weights.*kernel.*bias/,
      {directions: [[tf.ones([4])], [1, 2, 3, 4]]},
    ],
    [
      /directions\[0\]\[1\] has shape \[2\]; the weight dense\w*\/bias has shape \[1\]/,
      {
        directions: [
          [tf.ones([3, 1]), tf.ones([2])],
          [1, 2, 3, 4],
        ],
      },
    ],
    [
      /directions\[1\] has the length 0; .*give two directions/,
      {
        directions: [
          [1, 2, 3, 4],
          [0, 0, 0, 0],
        ],
      },
    ],
    [
      /directions is .*'eigenvectors', 'filterNormalized', or a list of two directions/,
      {directions: 'eigenvector' as 'eigenvectors'},
    ],
    [/points is \[3, 0\]; it must be a whole number of at least 1, or a list of two/, {points: [3, 0]}],
    [/range is -1; it must be a positive number, or a list of two/, {range: -1}],
    [/"point" is not an option of lossSurface\(\); did you mean "points"/, {point: 3} as LossSurfaceArgs],
  ])('refuses with a reason and a way out: %s', async (message, args) => {
    const {model, batch} = regression();
    const before = tf.memory().numTensors;
    await expect(lossSurface(model, batch, args)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a model of one parameter, one without filters, one that is not compiled, and weights that are not finite', async () => {
    const batch = {x: tf.ones([2, 1]), y: tf.ones([2, 1])};
    const one = tfl.sequential({layers: [tfl.layers.dense({units: 1, useBias: false, inputShape: [1]})]});
    await expect(lossSurface(one, batch)).rejects.toThrow(/not compiled/);
    one.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(lossSurface(one, batch, {directions: 'eigenvectors'})).rejects.toThrow(/1 trainable parameter/);
    const norm = tfl.sequential({layers: [tfl.layers.batchNormalization({inputShape: [1]})]});
    norm.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(lossSurface(norm, batch)).rejects.toThrow(/directions\[0\] has the length 0/);
    one.setWeights([tf.tensor2d([Number.NaN], [1, 1])]);
    await expect(lossSurface(one, batch, {directions: [[1], [2]]})).rejects.toThrow(
      /not finite at the weights of the model/,
    );
  });
});
