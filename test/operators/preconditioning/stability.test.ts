import type {Optimizer, Scalar, Tensor1D, Tensor2D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {spectrum} from '../../../src/estimators/spectrum.js';
import {stability} from '../../../src/estimators/stability.js';
import {trace} from '../../../src/estimators/trace.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {NetworkOperator} from '../../../src/operators/linear-operator.js';
import {registerOptimizer} from '../../../src/operators/preconditioning/optimizer-rule.js';
import {preconditioned} from '../../../src/operators/preconditioning/preconditioned.js';
import {probeVector} from '../../../src/random.js';
import {useCpu} from '../../estimators/synthetic.js';

useCpu();

const SIZE = 6;

/** ½ wᵀ A w with the eigenvalues 1 to 6 in random directions. */
function quadratic() {
  const random = Matrix.from1DArray(SIZE, SIZE, [...probeVector(1, 0, SIZE * SIZE, 'gaussian')]);
  const {eigenvectorMatrix: Q} = new EigenvalueDecomposition(random.add(random.transpose()));
  const matrix = Q.mmul(Matrix.diag([1, 2, 3, 4, 5, 6])).mmul(Q.transpose());
  const A = tf.tensor2d(matrix.to2DArray());
  const w = tf.variable(tf.zeros([SIZE]), true, `quadratic_${Math.random()}`);
  const loss = (): Scalar => tf.tidy(() => tf.mul(0.5, tf.dot(w, tf.dot(A, w as never))) as Scalar);
  return {matrix, A, w, loss, dispose: () => tf.dispose([A, w])};
}

interface Case {
  readonly make: (learningRate: number) => Optimizer;
  /** The optimizer's state as `setWeights` takes it, after the number of steps: P then hardly changes. */
  readonly state: readonly string[];
  /** P of the kept numbers. */
  readonly P: (kept: readonly number[]) => number;
  /** Threshold × learning rate. */
  readonly edge: number;
}

// Decays next to 1, so that the accumulators stay as they are while some hundred steps are made.
const STILL = 1 - 1e-7;
const EPSILON = 0.02;

const CASES: Record<string, Case> = {
  SGD: {make: lr => tf.train.sgd(lr), state: [], P: () => 1, edge: 2},
  momentum: {make: lr => tf.train.momentum(lr, 0.9), state: ['momentum'], P: () => 1, edge: 3.8},
  Nesterov: {make: lr => tf.train.momentum(lr, 0.9, true), state: ['momentum'], P: () => 1, edge: 3.8 / 2.8},
  Adam: {
    make: lr => tf.train.adam(lr, 0.9, STILL, EPSILON),
    state: ['m', 'v'],
    P: ([, v]) => Math.sqrt(v!) + EPSILON,
    edge: 38,
  },
  Adamax: {
    make: lr => tf.train.adamax(lr, 0.8, STILL, EPSILON),
    state: ['m', 'v'],
    P: ([, u]) => u! + EPSILON,
    edge: 18,
  },
  RMSProp: {
    make: lr => tf.train.rmsprop(lr, STILL, 0, EPSILON),
    state: ['rms', 'momentum'],
    P: ([s]) => Math.sqrt(s! + EPSILON),
    edge: 2,
  },
  'RMSProp with momentum': {
    make: lr => tf.train.rmsprop(lr, STILL, 0.5, EPSILON),
    state: ['rms', 'momentum'],
    P: ([s]) => Math.sqrt(s! + EPSILON),
    edge: 3,
  },
  'centered RMSProp': {
    make: lr => tf.train.rmsprop(lr, STILL, 0, EPSILON, true),
    state: ['rms', 'momentum', 'mg'],
    P: ([s, , g]) => Math.sqrt(s! - (g! ** 2 + EPSILON)),
    edge: 2,
  },
  Adagrad: {make: lr => tf.train.adagrad(lr), state: ['accumulator'], P: ([s]) => Math.sqrt(s! + 1e-7), edge: 2},
  Adadelta: {
    make: lr => tf.train.adadelta(lr, STILL, EPSILON),
    state: ['accum_grad', 'accum_var'],
    P: ([s, u]) => Math.sqrt(s! + EPSILON) / Math.sqrt(u! + EPSILON),
    edge: 2,
  },
};

/** The numbers that an optimizer keeps: none moves, and the others are between 0.3 and 1. */
function keptNumbers(suffix: string, at: number): number[] {
  const still = ['m', 'momentum', 'mg'].includes(suffix);
  return Array.from({length: SIZE}, (_, i) => (still ? 0 : 0.65 + 0.35 * Math.sin(3 * i + at)));
}

async function inState({make, state}: Case, learningRate: number, w: Variable): Promise<Optimizer> {
  const optimizer = make(learningRate);
  if (state.length === 0) return optimizer;
  if (optimizer.getClassName() === 'Adamax') {
    // It has no setWeights: one large gradient, and steps without one until its mean is forgotten.
    const gradient = tf.tensor1d(keptNumbers('v', 1));
    for (let step = 0; step < 150; step++) {
      optimizer.minimize(() => tf.mul(step === 0 ? 1 : 0, tf.sum(tf.mul(w, gradient))), false, [w]);
    }
    gradient.dispose();
    return optimizer;
  }
  const tensors = [
    {name: 'iter', tensor: tf.scalar(1_000_000_000, 'int32')},
    ...state.map((suffix, at) => ({name: `${w.name}/${suffix}`, tensor: tf.tensor1d(keptNumbers(suffix, at))})),
  ];
  await optimizer.setWeights(tensors);
  for (const {tensor} of tensors) tensor.dispose();
  return optimizer;
}

describe('stability', () => {
  it.each(Object.entries(CASES))(
    'of %s has the edge above which its own steps grow, and below which they shrink',
    async (_, each) => {
      const {matrix, w, loss, dispose} = quadratic();
      const P = Array.from({length: SIZE}, (_unused, i) =>
        each.P(each.state.map((suffix, at) => keptNumbers(suffix, at)[i]!)),
      );
      const S = Matrix.diag(P.map(p => 1 / Math.sqrt(p)));
      const {realEigenvalues, eigenvectorMatrix} = new EigenvalueDecomposition(S.mmul(matrix).mmul(S));
      const top = Math.max(...realEigenvalues);
      const direction = eigenvectorMatrix.getColumn(realEigenvalues.indexOf(top));
      const H = await hessian(loss, [w]);
      for (const ratio of [0.96, 1.04]) {
        const learningRate = (ratio * each.edge) / top;
        const optimizer = await inState(each, learningRate, w);
        const found = await stability(H, optimizer);
        expect(found.sharpness.value / top).toBeCloseTo(1, 4);
        expect(found.threshold * learningRate).toBeCloseTo(each.edge, 4);
        expect(found.ratio / ratio).toBeCloseTo(1, 4);
        expect(found.optimizer).toBe(optimizer.getClassName());
        // So small that the gradients do not change P. The bounds are beyond what momentum adds at first.
        const norm = (): number => tf.tidy(() => tf.norm(w).dataSync()[0]!);
        const start = tf.tensor1d(direction.map((x, i) => (1e-5 * x) / Math.sqrt(P[i]!)));
        w.assign(start);
        start.dispose();
        const before = norm();
        let steps = 0;
        while (norm() < 100 * before && norm() > before / 100 && steps < 800) {
          optimizer.minimize(loss, false, [w]);
          steps++;
        }
        if (ratio < 1) expect(norm()).toBeLessThan(before / 100);
        else expect(norm()).toBeGreaterThan(100 * before);
        optimizer.dispose();
      }
      H.dispose();
      dispose();
    },
  );

  it.each(['sgd', 'adam', 'adamax', 'rmsprop', 'adagrad', 'adadelta'])(
    'of %s compares with a dense operator in the middle of a training, with the state of the model’s optimizer',
    async name => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [3], name: 'first'}),
          tfl.layers.dense({units: 2, name: 'second'}),
        ],
      });
      model.compile({optimizer: name, loss: 'meanSquaredError'});
      const x = tf.tensor2d([...probeVector(1, 0, 60, 'gaussian')], [20, 3]);
      const y = tf.tensor2d([...probeVector(2, 0, 40, 'gaussian')], [20, 2]);
      await model.fit(x, y, {epochs: 7, batchSize: 10, verbose: 0});
      const H = await hessian(model, {x, y});
      const A = preconditioned(H, model.optimizer);
      const [identity, ones] = [tf.eye(H.size), tf.ones([H.size]) as Tensor1D];
      const products = [H, A].map(op => op.matmat(identity as Tensor2D));
      const [dense, got] = (await Promise.all(products.map(product => product.array()))) as [number[][], number[][]];
      // The step that the optimizer makes tells P: weights move by −η m / P.
      const P = await denseP(model, name);
      const scale = Math.max(...got.flat().map(Math.abs));
      dense.forEach((row, i) => {
        row.forEach((h, j) => {
          expect(got[i]![j]! / scale).toBeCloseTo(h / Math.sqrt(P[i]! * P[j]!) / scale, 4);
        });
      });
      if (name !== 'sgd') {
        const second = H.layers[1]!;
        const [v, part] = [tf.ones([second.size]) as Tensor1D, A.block('second')];
        const product = part.matvec(v);
        const row = await product.array();
        row.forEach((value, i) => {
          const sum = got[second.offset + i]!.slice(second.offset, second.offset + second.size).reduce(
            (a, b) => a + b,
            0,
          );
          expect(value / scale).toBeCloseTo(sum / scale, 4);
        });
        const [gradient, raw] = [A.gradient(), H.gradient()];
        const [g, r] = [await gradient.array(), await raw.array()];
        g.forEach((value, i) => {
          expect(value * Math.sqrt(P[i]!)).toBeCloseTo(r[i]!, 4);
        });
        tf.dispose([v, product, gradient, raw]);
      } else {
        expect(A).toBe(H);
      }
      const exact = got.reduce((sum, row, i) => sum + row[i]!, 0);
      expect((await trace(A, {probes: H.size})).value / exact).toBeCloseTo(1, 3);
      const {largest} = await spectrum(A, {steps: H.size});
      const tensors = tf.memory().numTensors;
      const {sharpness} = await stability(H, model.optimizer);
      expect(tf.memory().numTensors).toBe(tensors);
      expect(sharpness.value / largest[0]!.value).toBeCloseTo(1, 3);
      if (A !== H) A.dispose();
      H.dispose();
      tf.dispose([x, y, identity, ones, ...products]);
      model.optimizer.dispose();
      model.dispose();
    },
  );

  it('refuses optimizers that have no state, no rule, or other weights, and says what to do', async () => {
    const {w, loss, dispose} = quadratic();
    const H = await hessian(loss, [w]);
    const adam = tf.train.adam(0.1);
    await expect(stability(H, adam)).rejects.toThrow(/Adam has not made a step/);
    const other = tf.variable(tf.zeros([2]));
    adam.minimize(() => tf.sum(other), false, [other]);
    await expect(stability(H, adam)).rejects.toThrow(/no state for weight "quadratic_/);
    class Own extends tf.SGDOptimizer {
      static override get className() {
        return 'Own';
      }
      override applyGradients(): void {}
    }
    const own = new Own(0.5);
    expect(() => preconditioned(H, own)).toThrow(/Own has no rule .* registerOptimizer/);
    expect(() => preconditioned(H, {} as Optimizer)).toThrow(/The optimizer is/);
    tf.dispose(other);
    adam.dispose();
    own.dispose();
    H.dispose();
    dispose();
  });

  it('goes by a rule of your own', async () => {
    const {w, loss, dispose} = quadratic();
    const H = await hessian(loss, [w]);
    class Own extends tf.SGDOptimizer {
      static override get className() {
        return 'Own';
      }
      override applyGradients(): void {}
    }
    const own = new Own(0.5);
    const undo = registerOptimizer('Own', () => ({threshold: 4, preconditioner: ({shape}) => tf.fill([...shape], 3)}));
    const found = await stability(H, own);
    expect(found).toMatchObject({optimizer: 'Own', threshold: 4});
    expect(found.sharpness.value).toBeCloseTo(2, 4);
    const wrong = registerOptimizer('Own', () => ({threshold: -1, preconditioner: null}));
    expect(() => preconditioned(H, own)).toThrow(/threshold is -1/);
    wrong();
    const small = registerOptimizer('Own', () => ({threshold: 1, preconditioner: () => tf.ones([2])}));
    expect(() => preconditioned(H, own)).toThrow(/must be a tensor of shape \[6\]/);
    small();
    undo();
    expect(() => preconditioned(H, own)).toThrow(/no rule/);
    own.dispose();
    H.dispose();
    dispose();
  });

  it('of Adadelta is that of gradient descent, whose steps TensorFlow.js makes under this name', async () => {
    const {w, loss, dispose} = quadratic();
    const start = tf.tensor1d([1, -2, 3, -4, 5, -6]);
    const driven = (optimizer: Optimizer): number[] => {
      w.assign(start);
      for (let step = 0; step < 30; step++) optimizer.minimize(loss, false, [w]);
      return [...w.dataSync()];
    };
    const [adadelta, sgd] = [tf.train.adadelta(0.1, 0.9, 1e-12), tf.train.sgd(0.1)];
    const found = driven(adadelta);
    // The quotient of two equal roots, and a product with it, may be off by a bit.
    for (const [i, value] of driven(sgd).entries()) expect(found[i]!).toBeCloseTo(value, 5);
    const H = await hessian(loss, [w]);
    const [ofAdadelta, ofSgd] = [await stability(H, adadelta), await stability(H, sgd)];
    expect(ofAdadelta.ratio).toBeCloseTo(ofSgd.ratio, 4);
    for (const optimizer of [adadelta, sgd]) optimizer.dispose();
    start.dispose();
    H.dispose();
    dispose();
  });

  it('needs its state no longer once the operator is made, and says so when the operator is disposed of', async () => {
    const {w, loss, dispose} = quadratic();
    const H: NetworkOperator = await hessian(loss, [w]);
    const adagrad = tf.train.adagrad(0.1);
    adagrad.minimize(loss, false, [w]);
    const tensors = tf.memory().numTensors;
    const A = preconditioned(H, adagrad);
    expect(tf.memory().numTensors).toBe(tensors + 1);
    adagrad.dispose();
    const v = tf.ones([SIZE]) as Tensor1D;
    A.matvec(v).dispose();
    const held = tf.memory().numTensors;
    A.dispose();
    A.dispose();
    expect(tf.memory().numTensors).toBe(held - 1);
    expect(() => A.matvec(v)).toThrow(/disposed/);
    v.dispose();
    H.dispose();
    dispose();
  });
});

/** P from the weights that the optimizer saves, by the formulas of its documentation. */
async function denseP(model: tfl.Sequential, name: string): Promise<number[]> {
  if (name === 'sgd') return new Array<number>(model.countParams()).fill(1);
  if (name === 'adamax') {
    const kept: {variable: Variable}[] = Reflect.get(model.optimizer, 'accumulatedWeightedInfNorm');
    const steps = model.optimizer.iterations;
    return kept.flatMap(({variable}) => [...variable.dataSync()].map(u => (1 - 0.9 ** steps) * (u + 1e-7)));
  }
  const saved = await model.optimizer.getWeights();
  const kept = await Promise.all(
    ['first', 'second'].flatMap(layer =>
      ['kernel', 'bias'].map(async weight =>
        Promise.all(
          saved
            .filter(each => new RegExp(`${layer}[^/]*/${weight}[^/]*/`).test(each.name))
            .map(async ({tensor}) => [...(await tensor.data())]),
        ),
      ),
    ),
  );
  const t = saved[0]!.tensor.dataSync()[0]!;
  saved[0]!.tensor.dispose();
  const of = (f: (...numbers: number[]) => number): number[] =>
    kept.flatMap(arrays => arrays[0]!.map((_, i) => f(...arrays.map(array => array[i]!))));
  const eps = 1e-7;
  switch (name) {
    case 'adam':
      return of((_, v) => (1 - 0.9 ** t) * (Math.sqrt(v! / (1 - 0.999 ** t)) + eps));
    case 'rmsprop':
      return of(s => Math.sqrt(s! + eps));
    case 'adagrad':
      return of(s => Math.sqrt(s! + eps));
    default:
      return of((s, u) => Math.sqrt(s! + eps) / Math.sqrt(u! + eps));
  }
}
