import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';

describe.each(engines)('the quadratic form on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(referenceNames.filter(name => readReference(name).penalty !== undefined))(
    'of %s has the value and the gradient of float64',
    async name => {
      const reference = readReference(name);
      const {layer, probe, quadraticForm: value, quadraticFormGradient} = reference.penalty!;
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const before = tf.memory().numTensors;
      const form = await quadraticForm(model, batch, {layer, direction: tf.tensor1d(probe)});
      // The direction handed over, and the gradient.
      expect(tf.memory().numTensors).toBe(before + 2);
      // Terms of the size ‖v‖ ‖H‖ may cancel in the value; of them float32 keeps seven digits.
      const terms = Math.sqrt(probe.length) * reference.perLayer[layer]!.frobenius;
      expect(Math.abs(form.value - value)).toBeLessThan(1e-5 * Math.abs(value) + 1e-7 * terms);
      expect(relativeError(form.gradient.dataSync(), quadraticFormGradient)).toBeLessThan(1e-5);
    },
  );

  it('of a quadratic loss has the gradient 0', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], name: 'only'})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const batch = {x: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), y: tf.zeros([2, 2])};
    const integers = tf.tensor1d([1, 0, 0, 0, 0, 0, 0, 0], 'int32');
    for (const args of [{}, {layer: 'only'}, {direction: integers}]) {
      const {value, gradient} = await quadraticForm(model, batch, {direction: [1, 0, 0, 0, 0, 0, 0, 0], ...args});
      // L = Σ (x w)² / 4: ∂²L/∂w₁₁² = (1² + 4²) / 2.
      expect(value).toBeCloseTo(8.5, 5);
      expect(Array.from(gradient.dataSync())).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      gradient.dispose();
    }
    tf.dispose([batch, integers]);
    model.dispose();
  });
});
