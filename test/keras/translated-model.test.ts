import * as core from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {batchesOf} from '../../src/cli/report/data/batches.js';
import {loadTensorFlow} from '../../src/engine/load.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {buildModel} from '../../src/keras/loading/build-model.js';
import {hessian} from '../../src/operators/hessian.js';
import {onWarning} from '../../src/warnings.js';
import {useEngine} from '../engines.js';
import {arrayData, computed, distance, forms, LOSS, savedModel, TRACE, ways} from './load.js';
import {type ModelCase, models, type Variant} from './models.js';

const warnings: string[] = [];
beforeAll(async () => {
  await useEngine('native');
  return onWarning(({message}) => warnings.push(message));
});
afterEach(() => {
  warnings.length = 0;
});

const named = (name: string): ModelCase => models.cases.find(each => each.name === name)!;

/** A variant of a model with something else in its description. */
function changed(variant: Variant, from: string, to: string): Variant {
  const text = JSON.stringify(variant.model);
  expect(text).toContain(from);
  return {...variant, model: JSON.parse(text.replaceAll(from, to))};
}

describe('the weights of a model', () => {
  it.each(forms(named('RNN of cells')))(
    'are named in the error if they belong to no layer (%s)',
    async (_, variant) => {
      const dense = variant.format === 'keras' ? 'layers/dense/vars/0' : 'last/kernel';
      const cell = variant.format === 'keras' ? 'cells/gru_cell/vars/0' : 'gru_cell/kernel';
      for (const [from, to] of [
        [dense, 'elsewhere/gamma'],
        [cell, 'stray/gamma'],
      ] as const) {
        const failing = computed(named('RNN of cells'), changed(variant, from, to));
        await expect(failing).rejects.toThrow(InvalidArgumentError);
        await expect(failing).rejects.toThrow(new RegExp(`its weight ".*${to}" belongs to no layer`));
      }
    },
  );
});

describe('a model', () => {
  const names = ['Bidirectional GRU reset_after', 'mask in a functional model', 'masks into Multiply', 'LSTM sigmoid'];

  it.each([...names, 'a shared layer and a shared model'])(
    'has the tensors of its weights and its optimizer, and no others: %s',
    async name => {
      const before = core.memory().numTensors;
      const model = await buildModel(savedModel(named(name).variants[0]!), name, {losses: null, ways});
      expect(core.memory().numTensors - before).toBe(model.weights.length + 1);
      const weights = model.weights.map(weight => weight.read());
      model.dispose();
      // tfjs-layers leaves those of layers that are called twice.
      core.dispose(weights);
    },
  );

  it.each(names)('leaves no tensors behind: %s', async name => {
    await computed(named(name), named(name).variants[0]!);
    const before = core.memory().numTensors;
    await computed(named(name), named(name).variants[0]!);
    expect(core.memory().numTensors).toBe(before);
  });

  it('leaves no tensors behind when it is refused', async () => {
    const model = named('RNN of cells');
    const stray = changed(model.variants[1]!, 'last/kernel', 'elsewhere/gamma');
    await expect(computed(model, stray)).rejects.toThrow();
    const before = core.memory().numTensors;
    await expect(computed(model, stray)).rejects.toThrow();
    expect(core.memory().numTensors).toBe(before);
  });
});

it.each(forms(named('loss Huber')).filter(([, {keras}]) => keras === 3))(
  'says that the delta of Huber is not in the file (%s)',
  async (_, variant) => {
    await computed(named('loss Huber'), variant);
    expect(warnings).toEqual([
      expect.stringMatching(/loss Huber, whose delta Keras 3 does not save\. It is assumed to be 1/),
    ]);
  },
);

describe('a stateful layer', () => {
  const plain = named('SimpleRNN');
  const variant = changed(plain.variants.find(({keras}) => keras === 2)!, '"stateful":false', '"stateful":true');
  const stateful = changed(variant, '"batch_input_shape":[null', '"batch_input_shape":[5');

  it('starts from zeros', async () => {
    const found = await computed(plain, stateful);
    expect(found).toEqual(await computed(plain, plain.variants.find(({keras}) => keras === 2)!));
  });

  it('is refused for several batches, and the error names it', async () => {
    const {tf} = await loadTensorFlow();
    const model = await buildModel(savedModel(stateful), 'model', {losses: null, ways});
    const data = {x: plain.x.map(arrayData), y: plain.y.map(arrayData)};
    const batches = () => batchesOf(tf, model, data, {batchSize: 3, batches: undefined, training: true});
    expect(batches).toThrow(InvalidArgumentError);
    expect(batches).toThrow(/^Layer "simple_rnn.*" \(SimpleRNN\) is stateful/);
    model.dispose();
  });
});

it.each(['LSTM dropout', 'RNN of GRUCell reset_after', 'RNN of cells'])(
  'draws the dropout of each batch: %s',
  async name => {
    const {tf} = await loadTensorFlow();
    const {variants, x, y} = named(name);
    const text = JSON.stringify(variants[0]!.model).replaceAll(
      /"(recurrent_)?dropout":0\.0(?=[,}])|"(recurrent_)?dropout":0(?=[,}])/g,
      '"$1$2dropout":0.4',
    );
    const model = await buildModel(savedModel({...variants[0]!, model: JSON.parse(text)}), name, {losses: null, ways});
    const data = {x: x.map(arrayData), y: y.map(arrayData)};
    // Batches of three rows and of two.
    const batches = batchesOf(tf, model, data, {batchSize: 3, batches: undefined, training: true});
    const losses = new Set<number>();
    for (let i = 0; i < 4; i++) {
      const H = await hessian(model, batches, {seed: i});
      losses.add(H.loss);
      H.dispose();
    }
    expect(losses.size).toBeGreaterThan(1);
    core.dispose(batches as unknown as core.TensorContainer);
    model.dispose();
  },
);

it.each([5, -1])(
  'CategoryEncoding refuses an integer out of its range, and the error names the layer: %i',
  async token => {
    const model = named('CategoryEncoding count');
    const x = [(model.x[0] as number[][]).map(row => row.with(0, token))];
    const failing = computed({...model, x}, model.variants[0]!);
    await expect(failing).rejects.toThrow(InvalidArgumentError);
    await expect(failing).rejects.toThrow(
      /^Layer "category_encoding.*" \(CategoryEncoding\) gets -?\d, and takes integers from 0 to 4\.$/,
    );
  },
);

describe('a model of a Keras after 3', () => {
  const ofKeras3 = named('activation hard_sigmoid').variants.filter(({keras}) => String(keras).startsWith('3'));

  it.each(ofKeras3)('is computed as by Keras 3: $format', async variant => {
    const later = changed(variant, '"keras_version":"3.', '"keras_version":"4.');
    const {loss, trace} = await computed(named('activation hard_sigmoid'), later);
    expect(distance(loss, variant.loss!)).toBeLessThan(LOSS);
    expect(distance(trace, variant.trace!)).toBeLessThan(TRACE);
  });
});
