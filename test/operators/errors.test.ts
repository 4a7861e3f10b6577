import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {linear} from '../../src/autodiff/rules/rule-constructors.js';
import {registerTangentRule} from '../../src/autodiff/rules/rule-table.js';
import {DisposedError, InvalidArgumentError, UnsupportedKernelError} from '../../src/errors.js';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {engines, useEngine} from '../engines.js';

function compiled(): tfl.Sequential {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 3, inputShape: [2], name: 'first'}),
      tfl.layers.dense({units: 1, name: 'second'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

describe.each(engines)('an operator on %s', engine => {
  let x: tf.Tensor;
  let y: tf.Tensor;
  beforeAll(async () => {
    await useEngine(engine);
    x = tf.ones([4, 2]);
    y = tf.zeros([4, 1]);
  });

  /** Fails with a message, and leaves no tensor behind. */
  async function expectError(work: () => Promise<unknown>, kind: new (...args: never[]) => Error, message: RegExp) {
    const before = tf.memory().numTensors;
    const error = await work().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
  }

  it('refuses a model that is not compiled', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    await expectError(() => hessian(model, {x, y}), InvalidArgumentError, /not compiled.*model\.compile/);
  });

  it('refuses a model without trainable weights', async () => {
    const model = tfl.sequential({layers: [tfl.layers.reshape({targetShape: [1, 2], inputShape: [2]})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expectError(() => hessian(model, {x, y}), InvalidArgumentError, /no trainable weights/);
    const frozen = compiled();
    for (const layer of frozen.layers) layer.trainable = false;
    await expectError(() => hessian(frozen, {x, y}), InvalidArgumentError, /no trainable weights/);
  });

  it('refuses a batch that does not fit the model', async () => {
    const model = compiled();
    const strings = tf.tensor(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], [4, 2]);
    const wrong = tf.ones([4, 5]);
    const weights = tf.ones([3]);
    const none = tf.zeros([0, 2]);
    const nothing = tf.zeros([0, 1]);
    await expectError(() => hessian(model, {x: wrong, y}), InvalidArgumentError, /does not fit model.*4,5/);
    await expectError(() => hessian(model, {x: strings, y}), InvalidArgumentError, /string tensor/);
    await expectError(() => hessian(model, {x: none, y: nothing}), InvalidArgumentError, /empty/);
    await expectError(() => hessian(model, {x, y, sampleWeight: weights}), InvalidArgumentError, /\[4\].*\[3\]/);
    await expectError(() => hessian(model, x as never), InvalidArgumentError, /\{x, y\}/);
  });

  it('refuses a loss that is not a number', async () => {
    const model = compiled();
    const bad = tf.fill([4, 2], Number.NaN);
    await expectError(() => hessian(model, {x: bad, y}), InvalidArgumentError, /loss is NaN/);
  });

  it('multiplies only vectors of its own size, and none after it is disposed', async () => {
    const H = await hessian(compiled(), {x, y});
    expect(() => H.matvec(tf.ones([3]))).toThrow(/shape \[13\].*\[3\]/);
    expect(() => H.matvec(tf.ones([13], 'int32'))).toThrow(/float32.*int32/);
    expect(() => H.matmat(tf.ones([2, 2]))).toThrow(InvalidArgumentError);
    expect(() => H.block('secnd')).toThrow(/did you mean "second"\?.*first, second/);
    const block = H.block('first');
    H.dispose();
    H.dispose();
    expect(() => H.matvec(tf.ones([13]))).toThrow(DisposedError);
    expect(() => block.matvec(tf.ones([9]))).toThrow(DisposedError);
    expect(() => H.gradient()).toThrow(DisposedError);
  });

  it('names the kernel without a rule and the layer that runs it, before anything is computed', async () => {
    class Own extends tfl.layers.Layer {
      static className = `Own${engine}`;
      override computeOutputShape(shape: tfl.Shape): tfl.Shape {
        return shape;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const input = Array.isArray(inputs) ? inputs[0]! : inputs;
        return tf.engine().runKernel('OwnDouble', {x: input}) as tf.Tensor;
      }
    }
    const backendName = tf.getBackend();
    tf.registerKernel({
      kernelName: 'OwnDouble',
      backendName,
      kernelFunc: ({inputs}) => tf.mul(inputs.x as tf.Tensor, 2),
    });
    tf.registerGradient({kernelName: 'OwnDouble', gradFunc: dy => ({x: () => tf.mul(dy as tf.Tensor, 2)})});
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units: 3, inputShape: [2]}), new Own({name: 'mine'}), tfl.layers.dense({units: 1})],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expectError(
      () => hessian(model, {x, y}),
      UnsupportedKernelError,
      /"OwnDouble" \(layer "mine"\).*registerTangentRule\("OwnDouble"/,
    );
    const forget = registerTangentRule('OwnDouble', linear(['x']));
    const H = await hessian(model, {x, y});
    expect(
      H.matvec(tf.ones([H.size]))
        .dataSync()
        .every(Number.isFinite),
    ).toBe(true);
    H.dispose();
    forget();
    tf.unregisterKernel('OwnDouble', backendName);
    tf.unregisterGradient('OwnDouble');
  });

  it('refuses variables that are repeated, not floats, or not used by the loss', async () => {
    const v = tf.variable(tf.tensor1d([1, 2]), true, `v-${engine}`);
    const loss = () => tf.sum(tf.square(v)) as tf.Scalar;
    await expectError(() => hessian(loss, []), InvalidArgumentError, /No variables/);
    const empty = tf.variable(tf.zeros([0]), true, `empty-${engine}`);
    const gone = tf.variable(tf.zeros([1]), true, `gone-${engine}`);
    gone.dispose();
    const ofNothing = {v, bias: empty};
    await expectError(() => hessian(loss, ofNothing), InvalidArgumentError, /"bias" has no entries; leave it out/);
    await expectError(
      () => hessian(loss, [v, gone]),
      InvalidArgumentError,
      /not disposed of; got .*that is disposed of/,
    );
    empty.dispose();
    await expectError(() => hessian(loss, [v, v]), InvalidArgumentError, /given twice/);
    await expectError(() => hessian(loss, [x as never]), InvalidArgumentError, /tf\.Variables/);
    await expectError(() => hessian(() => tf.square(v) as never, [v]), InvalidArgumentError, /scalar.*\[2\]/);
    await expectError(() => hessian(() => tf.scalar(1), [v]), InvalidArgumentError, /on none of the variables/);
    const H = await hessian(loss, {pair: v});
    expect([
      ...H.block('pair')
        .matvec(tf.tensor1d([1, 0]))
        .dataSync(),
    ]).toEqual([2, 0]);
    H.dispose();
  });

  it('refuses a direction of another length', async () => {
    const model = compiled();
    await expectError(
      () => quadraticForm(model, {x, y}, {layer: 'first', direction: [1, 2]}),
      InvalidArgumentError,
      /2 entries.*"first" has 9/,
    );
    await expectError(
      () => quadraticForm(model, {x, y}, {layer: 'thrid', direction: [1]}),
      InvalidArgumentError,
      /thrid/,
    );
  });
});
