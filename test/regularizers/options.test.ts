import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import type {Batch} from '../../src/model/batch.js';
import type {LayerSelection} from '../../src/model/layers/layer-selection.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import type {HessianTraceRegularizerArgs} from '../../src/regularizers/hessian-trace-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../references.js';
import {smallBatch, smallMlp} from './small-models.js';
import {blockOf, GradientReader, gradientOfStep, minus, recompile, runStep} from './training.js';

/** What a penalty adds to the gradient of a model's first step. */
function addedBy(
  args: Partial<HessianTraceRegularizerArgs>,
  {
    model = smallMlp(),
    batch = smallBatch(),
    layers: selected = 'all',
    step = 1,
  }: {model?: LayersModel; batch?: Batch; layers?: LayerSelection; step?: number} = {},
): number[] {
  const plain = gradientOfStep(model, batch);
  const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1, ...args}), {
    layers: selected,
    initialStep: step - 1,
  });
  const penalized = gradientOfStep(model, batch);
  detach();
  return minus(penalized, plain);
}

/** ∇vᵀHv for v of the whole network. */
async function formGradient(model: LayersModel, direction: ArrayLike<number>, batch = smallBatch()): Promise<number[]> {
  return [...(await quadraticForm(model, batch, {direction})).gradient.dataSync()];
}

/** The directions of all layers, one after the other. */
function directions(args: Partial<HessianTraceRegularizerArgs>, index = 0): number[] {
  const {direction, layers: names} = attachRegularizer(smallMlp(), new HessianTraceRegularizer({strength: 1, ...args}));
  return names.flatMap(layer => [...direction({step: 1, layer, index})]);
}

describe('an option of the trace penalty', () => {
  beforeAll(() => useEngine('native'));

  it('probe: joint is one direction over all layers, independent a sum over layers', async () => {
    const model = smallMlp();
    const joint = addedBy({probe: 'joint'});
    expect(relativeError(joint, await formGradient(model, directions({})))).toBeLessThan(1e-5);
    const sum = joint.map(() => 0);
    for (const layer of ['first', 'second', 'last']) {
      const {direction} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1}));
      const {gradient} = await quadraticForm(model, smallBatch(), {layer, direction: direction({step: 1, layer})});
      gradient.dataSync().forEach((entry, i) => {
        sum[i]! += entry;
      });
    }
    expect(relativeError(addedBy({}), sum)).toBeLessThan(1e-5);
    expect(relativeError(joint, sum)).toBeGreaterThan(0.01);
  });

  it('probe: joint has the same mean as independent probes, and more variance', async () => {
    const totals = async (probe: 'joint' | 'independent') => {
      const model = smallMlp({optimizer: new GradientReader()});
      const points: number[] = [];
      const {penalty$} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1, probe, seed: 5}));
      penalty$.subscribe(({total}) => points.push(total));
      for (let step = 0; step < 200; step++) runStep(model, smallBatch());
      await new Promise(resolve => setTimeout(resolve, 20));
      const mean = points.reduce((a, b) => a + b) / points.length;
      return {mean, variance: points.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (points.length - 1)};
    };
    const [joint, independent] = [await totals('joint'), await totals('independent')];
    const error = Math.sqrt((joint.variance + independent.variance) / 200);
    expect(Math.abs(joint.mean - independent.mean)).toBeLessThan(4 * error);
    expect(joint.variance).toBeGreaterThan(1.3 * independent.variance);
  });

  it('probes: 2 is the mean over two directions', async () => {
    const model = smallMlp();
    const [a, b] = [await formGradient(model, directions({})), await formGradient(model, directions({}, 1))];
    const mean = a.map((entry, i) => (entry + b[i]!) / 2);
    expect(relativeError(addedBy({probes: 2, probe: 'joint'}), mean)).toBeLessThan(1e-5);
  });

  it('estimator: dropout drops entries and scales the others', async () => {
    const v = directions({estimator: 'dropout', keep: 0.25});
    const kept = v.filter(entry => entry !== 0);
    expect(new Set(kept.map(Math.abs))).toEqual(new Set([2]));
    // 64 weights, a quarter of them: 16 ± 3.5.
    expect(kept.length).toBeGreaterThan(4);
    expect(kept.length).toBeLessThan(30);
    const joint = addedBy({estimator: 'dropout', keep: 0.25, probe: 'joint'});
    expect(relativeError(joint, await formGradient(smallMlp(), v))).toBeLessThan(1e-5);
  });

  it('subBatch takes the curvature on the first rows, by a separate forward pass', async () => {
    const {x, y} = smallBatch();
    const rows = {x: x.slice(0, 3), y: y.slice(0, 3)};
    const added = addedBy({subBatch: 3, probe: 'joint'});
    expect(relativeError(added, await formGradient(smallMlp(), directions({}), rows))).toBeLessThan(1e-5);
    expect(addedBy({subBatch: 100})).toEqual(addedBy({}));
  });

  it('subBatch uses the moments of its own rows, and works in a configuration', async () => {
    const reference = readReference('batchnorm_training');
    const model = await loadReferenceModel('batchnorm_training', reference);
    const {x, y} = referenceBatch(reference);
    const {layer} = reference.penalty!;
    const added = addedBy({subBatch: 4}, {model, batch: {x, y}, layers: [layer]});
    const sizes = model.getLayer(layer).trainableWeights.map(weight => weight.read().size);
    const block = blockOf(model, layer);
    const direction = new HessianTraceRegularizer({strength: 1}).direction({step: 1, block, sizes});
    const rows = {x: x.map(t => t.slice(0, 4)), y: y.map(t => t.slice(0, 4))};
    const {gradient} = await quadraticForm(model, rows, {layer, direction});
    expect(relativeError(added, gradient.dataSync())).toBeLessThan(1e-4);

    const regularizer = new HessianTraceRegularizer({strength: 1, subBatch: 3});
    const configured = gradientOfStep(smallMlp({regularizer: regularizer as never}), smallBatch());
    const v = new Float32Array(64);
    v.set(regularizer.direction({step: 1, block: 'weight 0', sizes: [20]}));
    const batch = smallBatch();
    const expected = await formGradient(smallMlp(), v, {x: batch.x.slice(0, 3), y: batch.y.slice(0, 3)});
    expect(relativeError(minus(configured, gradientOfStep(smallMlp(), batch)), expected)).toBeLessThan(1e-5);
  });

  it('strength as a function is called for each step', () => {
    const strength = (step: number) => (step < 3 ? 0 : 2 / step);
    expect(addedBy({strength}, {step: 2})).toEqual(new Array(64).fill(0));
    const at4 = addedBy({strength}, {step: 4});
    expect(relativeError(at4, addedBy({strength: 0.5}, {step: 4}))).toBeLessThan(1e-6);
  });

  it('every: n penalizes each n-th step, n times as strongly', () => {
    expect(addedBy({every: 3}, {step: 2})).toEqual(new Array(64).fill(0));
    expect(relativeError(addedBy({every: 3}, {step: 3}), addedBy({strength: 3}, {step: 3}))).toBeLessThan(1e-6);
  });

  it('curvature: gaussNewton penalizes ż ᵀ(∂²ℓ/∂z²) ż, as a second formula computes it', () => {
    const [x, y] = [tf.randomNormal([7, 4], 0, 1, 'float32', 1), tf.randomNormal([7, 2], 0, 1, 'float32', 2)];
    const model = layers.sequential({
      layers: [
        layers.layers.dense({name: 'hidden', units: 5, inputShape: [4], activation: 'tanh'}),
        layers.layers.dense({name: 'out', units: 2}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const added = addedBy({curvature: 'gaussNewton'}, {model, batch: {x, y}, layers: ['hidden']});
    const v = new HessianTraceRegularizer({strength: 1}).direction({step: 1, block: 'layer 0', sizes: [20, 5]});
    const [V, b] = [tf.tensor2d(v.slice(0, 20), [4, 5]), tf.tensor1d(v.slice(20))];
    const [W1, b1, W2] = model.trainableWeights.map(weight => weight.read()) as tf.Tensor[];
    // The mean of ‖J v‖² over outputs and samples, twice: the loss is the mean of squares.
    const {grads} = tf.variableGrads(() => {
      const h = tf.tanh(tf.add(tf.matMul(x, W1!), b1!));
      const ż = tf.matMul(tf.mul(tf.sub(1, tf.square(h)), tf.add(tf.matMul(x, V), b)), W2!);
      return tf.mul(2, tf.mean(tf.square(ż))) as tf.Scalar;
    });
    const expected = model.trainableWeights.flatMap(weight => {
      const {name, size} = weight.read() as tf.Variable;
      return [...(grads[name]?.dataSync() ?? new Float32Array(size))];
    });
    expect(relativeError(added, expected)).toBeLessThan(1e-5);
    expect(relativeError(addedBy({}, {model, batch: {x, y}, layers: ['hidden']}), expected)).toBeGreaterThan(0.01);
  });

  it('curvature: gaussNewton is the Hessian’s in the last layer, whose outputs are linear in its weights', () => {
    const of = (curvature: 'gaussNewton' | 'hessian', subBatch?: number) =>
      addedBy({curvature, ...(subBatch && {subBatch})}, {layers: ['last']});
    expect(relativeError(of('gaussNewton'), of('hessian'))).toBeLessThan(1e-4);
    expect(relativeError(of('gaussNewton', 3), of('hessian', 3))).toBeLessThan(1e-4);
    expect(relativeError(addedBy({curvature: 'gaussNewton'}), addedBy({}))).toBeGreaterThan(0.01);
  });

  it.each(['mlp_tanh', 'functional_residual_multi_output', 'lstm', 'binary_sigmoid_weighted'])(
    'curvature: gaussNewton has the exact trace of %s as its mean',
    async name => {
      const reference = readReference(name);
      const model = await loadReferenceModel(name, reference);
      recompile(model, new GradientReader());
      const layer = Object.keys(reference.gaussNewton!.perLayer)[0]!;
      const regularizer = new HessianTraceRegularizer({strength: 1, probes: 8, curvature: 'gaussNewton'});
      const {penalty$} = attachRegularizer(model, regularizer, {layers: [layer]});
      const values: number[] = [];
      penalty$.subscribe(({total}) => values.push(total));
      for (let step = 0; step < 16; step++) runStep(model, referenceBatch(reference));
      await new Promise(resolve => setTimeout(resolve, 20));
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
      const exact = reference.gaussNewton!.perLayer[layer]!.trace;
      expect(values).toHaveLength(16);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(mean - exact)).toBeLessThan(4 * Math.sqrt(variance / 16) + 1e-5 * exact);
    },
  );

  it.each<[string, object]>([
    ['strength is NaN', {strength: Number.NaN}],
    ['strength is undefined', {}],
    ['probes is 0', {strength: 1, probes: 0}],
    ['every is 1.5', {strength: 1, every: 1.5}],
    ['subBatch is 0', {strength: 1, subBatch: 0}],
    ['keep is 0', {strength: 1, estimator: 'dropout', keep: 0}],
    ['keep is 0.5, but nothing is dropped', {strength: 1, keep: 0.5}],
    ['distribution is "cauchy"', {strength: 1, distribution: 'cauchy'}],
    ['estimator is "exact"', {strength: 1, estimator: 'exact'}],
    ['probe is "shared"', {strength: 1, probe: 'shared'}],
    ['curvature is "fisher"', {strength: 1, curvature: 'fisher'}],
    ['seed is "x"', {strength: 1, seed: 'x'}],
  ])('%s is refused', (message, args) => {
    const make = () => new HessianTraceRegularizer(args as HessianTraceRegularizerArgs);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(message);
  });

  it('a schedule that does not return a number stops the step before a weight moves', async () => {
    const model = smallMlp();
    attachRegularizer(model, new HessianTraceRegularizer({strength: step => (step === 2 ? Number.NaN : 1)}));
    const {x, y} = smallBatch();
    await model.trainOnBatch(x, y);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow('strength(2) is NaN');
  });

  it('a schedule is saved as its newest value, and not before it has one', () => {
    const regularizer = new HessianTraceRegularizer({strength: step => 1 / step});
    expect(() => regularizer.getConfig()).toThrow(/attachRegularizer/);
    regularizer.isDue(4);
    expect(regularizer.getConfig().strength).toBe(0.25);
  });
});
