import * as tf from '@tensorflow/tfjs-core';
import {lastValueFrom, toArray} from 'rxjs';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch} from '../references.js';
import {smallBatch, smallMlp} from './small-models.js';
import {GradientReader, runStep} from './training.js';

describe.each(engines)('penalty$ on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('emits strength × vᵀHv of each layer and their sum, in the steps’ order, and completes on detach', async () => {
    const batch = smallBatch();
    const model = smallMlp({optimizer: new GradientReader()});
    const regularizer = new HessianTraceRegularizer({strength: 0.5, every: 2});
    const {penalty$, direction, detach} = attachRegularizer(model, regularizer);
    const all = lastValueFrom(penalty$.pipe(toArray()));
    for (let step = 0; step < 6; step++) runStep(model, batch);
    detach();
    const points = await all;
    expect(points.map(({step}) => step)).toEqual([2, 4, 6]);
    for (const {step, total, layers} of points) {
      expect(Object.keys(layers)).toEqual(['first', 'second', 'last']);
      expect(total).toBeCloseTo(
        Object.values(layers).reduce((a, b) => a + b, 0),
        5,
      );
      for (const [layer, value] of Object.entries(layers)) {
        const form = await quadraticForm(model, batch, {layer, direction: direction({step, layer})});
        expect(value / form.value).toBeCloseTo(1, 4);
      }
    }
  });

  it('has the exact trace as its mean', async () => {
    const batch = smallBatch();
    const model = smallMlp({optimizer: new GradientReader()});
    const {penalty$} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1, probes: 4}));
    const totals: number[] = [];
    penalty$.subscribe(({total}) => totals.push(total));
    for (let step = 0; step < 40; step++) runStep(model, batch);
    await new Promise(resolve => setTimeout(resolve, 50));
    const H = await hessian(model, batch);
    let exact = 0;
    for (const {name} of H.layers) {
      const block = H.block(name);
      exact += tf.sum(tf.mul(block.matmat(tf.eye(block.size)), tf.eye(block.size))).dataSync()[0]!;
    }
    const mean = totals.reduce((a, b) => a + b) / totals.length;
    const variance = totals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (totals.length - 1);
    expect(Math.abs(mean - exact)).toBeLessThan(4 * Math.sqrt(variance / totals.length));
  });
});

describe('penalty$', () => {
  beforeAll(() => useEngine('native'));

  it('has only the total of a joint probe', async () => {
    const model = smallMlp();
    const {penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1, probe: 'joint'}));
    const all = lastValueFrom(penalty$.pipe(toArray()));
    runStep(model, smallBatch());
    detach();
    expect(await all).toEqual([{step: 1, total: expect.any(Number), layers: {}}]);
  });

  it('and training go on if a subscriber throws', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const model = smallMlp();
    const {penalty$} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1}));
    penalty$.subscribe(() => {
      throw new Error('mine');
    });
    const steps: number[] = [];
    penalty$.subscribe(({step}) => steps.push(step));
    for (let step = 0; step < 3; step++) runStep(model, smallBatch());
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(steps).toEqual([1, 2, 3]);
    expect(report).toHaveBeenCalledTimes(3);
    report.mockRestore();
  });

  it.each([
    {},
    {probes: 2},
    {subBatch: 2},
    {curvature: 'gaussNewton' as const},
    {probe: 'joint' as const, estimator: 'dropout' as const},
  ])('and all the rest leave no tensor behind, listened to or not (%o)', async args => {
    const name = 'cnn_relu_maxpool';
    const reference = readReference(name);
    const model = await loadReferenceModel(name, reference);
    const {x, y} = referenceBatch(reference);
    const {penalty$} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3, ...args}));
    await model.trainOnBatch(x, y);
    const before = tf.memory();
    for (let i = 0; i < 3; i++) await model.trainOnBatch(x, y);
    penalty$.subscribe();
    for (let i = 0; i < 3; i++) await model.trainOnBatch(x, y);
    await new Promise(resolve => setTimeout(resolve, 20));
    const {numTensors, numDataBuffers, numBytes} = tf.memory();
    expect({numTensors, numDataBuffers, numBytes}).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
  });

  it.each([
    ['a thousand steps', 1000, {}],
    ['a hundred, with a configured one and forward passes of their own beside it', 100, {subBatch: 4}],
  ])(
    '%s leave nothing',
    (_title, steps, args) => {
      const configured = new HessianTraceRegularizer({strength: 1e-3, ...args});
      const model = smallMlp(steps < 1000 ? {regularizer: configured as never} : {});
      attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
      const batch = smallBatch();
      runStep(model, batch);
      const before = tf.memory();
      for (let i = 0; i < steps; i++) runStep(model, batch);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numBytes).toBe(before.numBytes);
    },
    180_000,
  );
});
