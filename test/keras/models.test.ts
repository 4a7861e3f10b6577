import * as core from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {buildModel} from '../../src/cli/report/build-model.js';
import {batchesOf} from '../../src/cli/report/batches.js';
import type {SavedModel} from '../../src/cli/report/saved-model.js';
import {loadTensorFlow} from '../../src/engine/load.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {hessian} from '../../src/operators/hessian.js';
import {useEngine} from '../engines.js';
import {type ModelCase, models, type Variant} from './models.js';

beforeAll(() => useEngine('native'));

function savedModel({model, weights}: Variant): SavedModel {
  return {
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap(group => group.weights) as never,
    weightData: new Uint8Array(Buffer.from(weights, 'base64')).buffer,
  };
}

function arrayData(values: unknown) {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  return {shape, values: Float32Array.from((values as number[]).flat(9) as number[])};
}

/** The loss and the trace, by one product a weight. */
async function computed({name, x, y, training}: ModelCase, variant: Variant): Promise<{loss: number; trace: number}> {
  const {tf} = await loadTensorFlow();
  const model = await buildModel(tf, savedModel(variant), name, null);
  const data = {x: x.map(arrayData), y: y.map(arrayData)};
  const [batch] = batchesOf(tf, model, data, {batchSize: 100, batches: undefined, training});
  const H = await hessian(model, batch!);
  const trace = core.tidy(() => {
    const products = H.matmat(core.eye(H.size));
    return core.sum(core.mul(products, core.eye(H.size))).dataSync()[0]!;
  });
  H.dispose();
  return {loss: H.loss, trace};
}

const forms = (each: ModelCase) => each.variants.map(variant => [`Keras ${variant.keras}, .${variant.format}`, variant] as const);

describe.each(models.cases.filter(({refused}) => refused === undefined).map(each => [each.name, each] as const))(
  '%s',
  (_, each) => {
    it.each(forms(each))("of %s has Keras' loss and trace", async (_, variant) => {
      const {loss, trace} = await computed(each, variant);
      // float32 against float64: the loss to its rounding, the trace to that of a sum of second derivatives.
      expect(Math.abs(loss - variant.loss!)).toBeLessThan(2e-6 * Math.max(1, Math.abs(variant.loss!)));
      expect(Math.abs(trace - variant.trace!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(variant.trace!)));
    });
  },
);

describe.each(models.cases.filter(({refused}) => refused !== undefined).map(each => [each.name, each] as const))(
  '%s',
  (_, each) => {
    it.each(forms(each))('of %s is refused by name', async (_, variant) => {
      const failing = computed(each, variant);
      await expect(failing).rejects.toThrow(InvalidArgumentError);
      await expect(failing).rejects.toThrow(new RegExp(each.refused!));
    });
  },
);
