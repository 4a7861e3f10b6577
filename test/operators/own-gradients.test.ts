import type {Scalar, Tensor, Tensor1D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {NotAHessianError} from '../../src/errors.js';
import type {Batch} from '../../src/model/batch.js';
import {empiricalFisher} from '../../src/operators/empirical-fisher.js';
import {fisher} from '../../src/operators/fisher.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import type {NetworkOperator} from '../../src/operators/linear-operator.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {residualHessian} from '../../src/operators/residual-hessian.js';
import {collectWarnings} from '../collect-warnings.js';
import {engines, useEngine} from '../engines.js';
import {modelWith, random, SlopeLayer, type Trick, TrickLayer, tricks, WrittenSlopeLayer} from '../own-gradients.js';
import {relativeError} from '../references.js';

const batchOf = () => ({x: random([6, 3], 11), y: random([6, 2], 12)});

function expectSame(a: NetworkOperator, b: NetworkOperator): void {
  tf.tidy(() => {
    const V = random([a.size, 4], 5) as tf.Tensor2D;
    expect(relativeError(a.matmat(V).dataSync(), b.matmat(V).dataSync())).toBeLessThan(1e-5);
    expect(relativeError(a.gradient().dataSync(), b.gradient().dataSync())).toBeLessThan(1e-5);
    const [u, v] = tf.unstack(V, 1) as [Tensor1D, Tensor1D];
    const [forth, back] = [tf.dot(u, a.matvec(v)), tf.dot(v, a.matvec(u))].map(x => x.dataSync()[0]!);
    expect(Math.abs(forth! - back!)).toBeLessThan(1e-5 * Math.abs(tf.norm(a.matvec(v)).dataSync()[0]!));
  });
}

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));
  const warnings = collectWarnings();

  describe('a loss that takes a gradient itself', () => {
    const w = () => tf.variable(random([1, 8], 1));
    const v = () => tf.variable(random([8, 1], 3));
    const xs = () => tf.reshape(tf.linspace(-1, 1, 12), [12, 1]);
    const net = (x: Tensor, a: Variable, b: Variable) => tf.sum(tf.matMul(tf.tanh(tf.matMul(x, a)), b));
    const slope = (x: Tensor, a: Variable, b: Variable) =>
      tf.matMul(tf.mul(tf.sub(1, tf.square(tf.tanh(tf.matMul(x, a)))), a), b);

    const nested: Record<string, (x: Tensor, a: Variable, b: Variable) => Tensor> = {
      'tf.grad': (x, a, b) => tf.grad(t => net(t as Tensor, a, b))(x),
      'tf.grads': (x, a, b) => tf.grads((t: Tensor) => net(t, a, b))([x])[0]!,
      'tf.valueAndGrad': (x, a, b) => tf.valueAndGrad(t => net(t as Tensor, a, b))(x).grad,
      'tf.valueAndGrads': (x, a, b) => tf.valueAndGrads((t: Tensor) => net(t, a, b))([x]).grads[0]!,
    };

    it.each(Object.keys(nested))('has the Hessian of the same loss written out, by %s', async name => {
      const [a, b, x] = [w(), v(), xs()];
      const before = tf.memory().numTensors;
      const H = await hessian(() => tf.mean(tf.square(nested[name]!(x, a, b))) as Scalar, [a, b]);
      const written = await hessian(() => tf.mean(tf.square(slope(x, a, b))) as Scalar, [a, b]);
      expectSame(H, written);
      H.dispose();
      written.dispose();
      expect(tf.memory().numTensors).toBe(before);
      // TensorFlow.js trains by something else, and that is said.
      expect(warnings).toEqual(['wrong-gradient']);
    });

    it('has that of a norm of its own gradient over variables', async () => {
      const [a, b, x] = [w(), v(), xs()];
      const inner = () => tf.mean(tf.square(tf.matMul(tf.tanh(tf.matMul(x, a)), b))) as Scalar;
      const H = await hessian(() => {
        const {grads} = tf.variableGrads(inner, [a, b]);
        return tf.addN(Object.values(grads).map(g => tf.sum(tf.square(g)))) as Scalar;
      }, [a, b]);
      const written = await hessian(() => {
        const hidden = tf.tanh(tf.matMul(x, a));
        const out = tf.mul(tf.matMul(hidden, b), 2 / 12);
        const back = tf.mul(tf.matMul(out, b, false, true), tf.sub(1, tf.square(hidden)));
        const parts = [tf.matMul(x, back, true), tf.matMul(hidden, out, true)];
        return tf.addN(parts.map(g => tf.sum(tf.square(g)))) as Scalar;
      }, [a, b]);
      expectSame(H, written);
      H.dispose();
      written.dispose();
    });

    it('gives no warning if TensorFlow.js takes the right gradient', async () => {
      const [a, x] = [tf.variable(random([5], 1)), random([5], 2)];
      const H = await hessian(
        () => tf.sum(tf.square(tf.grad(t => tf.sum(tf.mul(tf.square(t as Tensor), a)))(x))) as Scalar,
        [a],
      );
      expect(warnings).toEqual([]);
      H.dispose();
    });

    it('has it as the loss and in a layer of a model, on a batch and on data sets', async () => {
      const penalty = (slopes: (p: Tensor) => Tensor) => (target: Tensor, prediction: Tensor) =>
        tf.add(tf.square(tf.sub(target, prediction)), tf.square(slopes(prediction)));
      const pairs = [
        [
          modelWith(
            null,
            penalty(p => tf.grad(t => tf.sum(tf.tanh(t as Tensor)))(p)),
          ),
          modelWith(
            null,
            penalty(p => tf.sub(1, tf.square(tf.tanh(p)))),
          ),
        ],
        [modelWith(new SlopeLayer()), modelWith(new WrittenSlopeLayer())],
      ] as const;
      const batch = batchOf();
      for (const [model, same] of pairs) {
        for (const data of [batch, [batch, batch]]) {
          warnings.length = 0;
          const [H, written] = [await hessian(model, data as Batch), await hessian(same, data as Batch)];
          expectSame(H, written);
          expect(warnings).toEqual(['wrong-gradient']);
          H.dispose();
          written.dispose();
        }
        const direction = random([model.countParams()], 9) as Tensor1D;
        const [form, expected] = [
          await quadraticForm(model, batch, {direction}),
          await quadraticForm(same, batch, {direction}),
        ];
        expect(relativeError([form.value], [expected.value])).toBeLessThan(1e-5);
        expect(relativeError(form.gradient.dataSync(), expected.gradient.dataSync())).toBeLessThan(1e-5);
      }
    });

    it('can be written as a difference of two values, as the warning says', async () => {
      const [a, b, x] = [w(), v(), xs()];
      const h = 2 ** -7;
      const H = await hessian(() => {
        const [right, left] = [tf.add(x, h), tf.sub(x, h)].map(t => tf.matMul(tf.tanh(tf.matMul(t, a)), b));
        return tf.mean(tf.square(tf.div(tf.sub(right!, left!), 2 * h))) as Scalar;
      }, [a, b]);
      const written = await hessian(() => tf.mean(tf.square(slope(x, a, b))) as Scalar, [a, b]);
      const u = random([16], 4) as Tensor1D;
      // Of the order of h².
      expect(relativeError(H.matvec(u).dataSync(), written.matvec(u).dataSync())).toBeLessThan(1e-2);
      expect(warnings).toEqual([]);
      H.dispose();
      written.dispose();
    });
  });

  describe('a custom gradient', () => {
    const names = Object.keys(tricks) as Trick[];
    const lossWith = (trick: (x: Tensor) => Tensor) => {
      const [a, b, x] = [tf.variable(random([3, 4], 1)), tf.variable(random([4, 2], 2)), random([6, 3], 3)];
      const loss = () => {
        const hidden = tf.tanh(tf.matMul(x, a));
        return tf.mean(tf.add(tf.square(tf.matMul(trick(hidden), b)), tf.sum(tf.square(hidden), 1, true))) as Scalar;
      };
      return {loss, variables: [a, b]};
    };

    it.each(names)('is refused if it is not the derivative: %s', async name => {
      const {loss, variables} = lossWith(tricks[name]);
      const before = tf.memory().numTensors;
      await expect(hessian(loss, variables)).rejects.toThrow(NotAHessianError);
      await expect(hessian(loss, variables)).rejects.toThrow(/tf\.customGrad/);
      expect(tf.memory().numTensors).toBe(before);
    });

    it.each(names)('is refused in a layer of a model, by every curvature that it makes wrong: %s', async name => {
      const model = modelWith(new TrickLayer(tricks[name]));
      const batch = batchOf();
      const before = tf.memory().numTensors;
      for (const data of [batch, [batch, batch]]) {
        await expect(hessian(model, data as Batch)).rejects.toThrow(/layer "trick_layer/);
        await expect(residualHessian(model, data)).rejects.toThrow(NotAHessianError);
        if (name === 'a gradient of constants') continue;
        for (const curvature of [gaussNewton, fisher, empiricalFisher]) {
          await expect(curvature(model, data)).rejects.toThrow(NotAHessianError);
        }
      }
      const direction = random([model.countParams()], 9) as Tensor1D;
      await expect(quadraticForm(model, batch, {direction})).rejects.toThrow(NotAHessianError);
      direction.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it('is accepted if it is the derivative', async () => {
      const softplus = (x: Tensor) =>
        tf.customGrad((t, save) => {
          (save as (tensors: Tensor[]) => void)([t as Tensor]);
          return {
            value: tf.log1p(tf.exp(t as Tensor)),
            gradFunc: (dy: Tensor, [saved]: Tensor[]) => tf.mul(dy, tf.sigmoid(saved!)),
          };
        })(x);
      const custom = lossWith(softplus);
      const plain = lossWith(x => tf.softplus(x));
      const [H, same] = [await hessian(custom.loss, custom.variables), await hessian(plain.loss, plain.variables)];
      expectSame(H, same);
      expect(warnings).toEqual([]);
      H.dispose();
      same.dispose();
    });

    it('of TensorFlow.js’ own functions is accepted: softmaxCrossEntropy, logSoftmax, logSigmoid', async () => {
      const y = tf.oneHot(tf.tensor1d([0, 1, 1, 0, 1, 0], 'int32'), 2);
      for (const of of [
        (z: Tensor) => tf.losses.softmaxCrossEntropy(y, z),
        (z: Tensor) => tf.neg(tf.mean(tf.mul(y, tf.logSoftmax(z)))),
        (z: Tensor) => tf.neg(tf.mean(tf.logSigmoid(z))),
      ]) {
        const [a, x] = [tf.variable(random([3, 2], 1)), random([6, 3], 3)];
        (await hessian(() => of(tf.matMul(x, a)) as Scalar, [a])).dispose();
      }
      expect(warnings).toEqual([]);
    });

    it('of a reversal leaves the curvature of each player’s own loss, as the error says', async () => {
      const [features, head, domain] = [4, 2, 1].map((units, i) =>
        tf.variable(random(i === 0 ? [3, 4] : [4, units], i + 1)),
      ) as [Variable, Variable, Variable];
      const [x, y] = [random([6, 3], 7), random([6, 1], 8)];
      const hidden = () => tf.tanh(tf.matMul(x, features));
      const labels = () => tf.mean(tf.square(tf.matMul(hidden(), head)));
      const domains = (reverse: (h: Tensor) => Tensor) =>
        tf.mean(tf.square(tf.sub(tf.matMul(reverse(hidden()), domain), y)));
      await expect(
        hessian(() => tf.add(labels(), domains(tricks.reversal)) as Scalar, {features, head, domain}),
      ).rejects.toThrow(/each player’s own loss/);
      const learner = await hessian(
        () =>
          tf.sub(
            labels(),
            tf.mul(
              0.3,
              domains(h => h),
            ),
          ) as Scalar,
        {features, head},
      );
      const critic = await hessian(() => domains(h => h) as Scalar, {domain});
      expect([learner.size, critic.size]).toEqual([20, 4]);
      learner.dispose();
      critic.dispose();
    });
  });

  describe('a loss of ordinary operations is accepted without a warning,', () => {
    const [n, m] = [40, 7];
    const x = () => random([n, m], 1);
    const kinds: Record<string, (w: Variable) => () => Scalar> = {
      'at the minimum of a sum of squares, where the gradient is rounding': w => {
        const data = x();
        const y = tf.matMul(data, w);
        return () => tf.mean(tf.square(tf.sub(tf.matMul(data, w), tf.mul(y, 1 + 2 ** -22)))) as Scalar;
      },
      'where the terms of the gradient cancel and the weights are zero': w => {
        w.assign(tf.zerosLike(w));
        const data = x();
        const both = tf.concat([data, tf.neg(data)]);
        const y = tf.concat([random([n, 1], 3), random([n, 1], 3)]);
        return () => tf.mean(tf.square(tf.sub(tf.matMul(both, w), y))) as Scalar;
      },
      'whose Hessian is zero but for rounding': w => {
        const data = x();
        return () => tf.mean(tf.sqrt(tf.square(tf.matMul(data, w)))) as Scalar;
      },
      'with kinks in many places': w => {
        const data = tf.round(x());
        return () => tf.mean(tf.abs(tf.maximum(tf.relu(tf.matMul(data, tf.round(w))), tf.matMul(data, w)))) as Scalar;
      },
    };
    it.each(Object.keys(kinds))('%s', async kind => {
      for (let seed = 1; seed <= 6; seed++) {
        const w = tf.variable(random([m, 1], 10 + seed));
        (await hessian(kinds[kind]!(w), [w])).dispose();
      }
      expect(warnings).toEqual([]);
    });
  });

  it('a wrong gradient that is registered for a kernel is refused', async () => {
    const config = tf.getGradient('Tanh')!;
    const silence = console.warn;
    console.warn = () => {};
    try {
      tf.registerGradient({
        ...config,
        gradFunc: (dy, saved, attrs) => {
          const {x} = config.gradFunc(dy as Tensor, saved, attrs);
          return {x: () => tf.mul(x!() as Tensor, 0.9)};
        },
      });
      const [a, x] = [tf.variable(random([3, 2], 1)), random([6, 3], 3)];
      await expect(hessian(() => tf.mean(tf.square(tf.tanh(tf.matMul(x, a)))) as Scalar, [a])).rejects.toThrow(
        NotAHessianError,
      );
    } finally {
      tf.registerGradient(config);
      console.warn = silence;
    }
  });
});
