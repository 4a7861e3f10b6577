import {cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {activationHessian} from '../../src/operators/activation-hessian.js';
import {empiricalFisher} from '../../src/operators/empirical-fisher.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {useEngine} from '../engines.js';

beforeAll(() => useEngine('native'));

function classifier(loss: tfl.ModelCompileArgs['loss']): LayersModel {
  const model = tfl.sequential({
    name: 'classifier',
    layers: [tfl.layers.dense({units: 3, inputShape: [4], activation: 'softmax', name: 'only'})],
  });
  model.compile({optimizer: 'sgd', loss});
  return model;
}

function twoInputs(): LayersModel {
  const [a, b] = [tfl.input({shape: [4], name: 'a'}), tfl.input({shape: [2], name: 'b'})];
  const joined = tfl.layers.concatenate().apply([a, b]) as tfl.SymbolicTensor;
  const output = tfl.layers.dense({units: 1, name: 'out'}).apply(joined) as tfl.SymbolicTensor;
  const model = tfl.model({inputs: [a, b], outputs: output, name: 'pair'});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

async function messageOf(work: () => unknown): Promise<string> {
  const before = tf.memory().numTensors;
  const error = await (async () => work())().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect(tf.memory().numTensors).toBe(before);
  return (error as Error).message;
}

describe('A batch that does not fit', () => {
  it('is reported with the names and shapes of the inputs, without values', async () => {
    const model = twoInputs();
    const [x, y] = [tf.fill([8, 4], 0.123), tf.ones([8, 1])];
    for (const wrong of [x, [x], [x, x, x], {a: x}, [x, x]]) {
      const message = await messageOf(() => hessian(model, {x: wrong as never, y}));
      expect(message).toMatch(/^The batch does not fit model "pair"/);
      expect(message).toContain('takes x: "a" [batch, 4], "b" [batch, 2]; y: "out" [batch, 1].');
      expect(message).not.toContain('0.123');
      expect(message.length).toBeLessThan(600);
    }
    expect(await messageOf(() => hessian(model, {x: [x, x, x], y}))).toContain(
      'x: ([8, 4], [8, 4], [8, 4]); y: [8, 1].',
    );
  });

  it('for its kind of labels (class numbers or one-hot rows) is answered with the loss that takes them', async () => {
    const x = tf.ones([6, 4]);
    const numbers = tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32');
    const rows = tf.oneHot(numbers, 3);
    const [categorical, sparse, squared] = [
      'categoricalCrossentropy',
      'sparseCategoricalCrossentropy',
      'meanSquaredError',
    ].map(classifier) as [LayersModel, LayersModel, LayersModel];
    for (const y of [numbers, tf.reshape(numbers, [6, 1])]) {
      expect(await messageOf(() => hessian(categorical, {x, y}))).toMatch(
        /'sparseCategoricalCrossentropy'.*tf\.oneHot\(labels, 3\)/,
      );
    }
    expect(await messageOf(() => gaussNewton(sparse, {x, y: rows}))).toMatch(/'categoricalCrossentropy'.*argMax/);
    expect(await messageOf(() => hessian(squared, {x, y: numbers}))).not.toMatch(/rossentropy/);
  });
});

describe('A loss function of one’s own', () => {
  let x: tf.Tensor;
  let y: tf.Tensor;
  beforeAll(() => {
    [x, y] = [tf.ones([1, 4]), tf.ones([1, 3])];
  });
  const operators = [hessian, gaussNewton, empiricalFisher];

  it.each<[string, () => unknown]>([
    ['3', () => 3],
    ['undefined', () => undefined],
    ['a promise', async () => tf.scalar(1)],
    ['[{…}]', () => [tf.scalar(1)]],
    ['a string tensor of shape []', () => tf.scalar('odd', 'string')],
  ])('that returns %s is named, with what it must return', async (shown, loss) => {
    const model = classifier(loss as never);
    for (const operator of operators) {
      expect(await messageOf(() => operator(model, {x, y}))).toBe(
        `The loss function of output "${model.outputNames[0]}" returned ${shown}; ` +
          'it must return a tensor of real numbers, such as tf.mean(…).',
      );
    }
  });

  it('that does not depend on the weights is reported by every operator', async () => {
    const model = classifier(target => tf.mean(target));
    for (const operator of operators) {
      expect(await messageOf(() => operator(model, {x, y}))).toMatch(/depends on none of the variables/);
    }
  });
});

it('A layer’s name in place of the options is answered with the options', async () => {
  const model = classifier('meanSquaredError');
  const batch = {x: tf.ones([1, 4]), y: tf.ones([1, 3])};
  expect(await messageOf(() => activationHessian(model, batch, 'only' as never))).toMatch(
    /activationHessian\(\) is "only"; it must be an object, \{layer, seed\}/,
  );
});

describe('A plain callback beside ours', () => {
  it.each(['behind', 'before'])(
    '%s it is refused before training begins, and the message says what to write',
    async place => {
      const model = classifier('meanSquaredError');
      const before = model.getWeights()[0]!.dataSync();
      const plain = {onEpochEnd: async () => {}, onBatchEnd: async () => {}};
      const curvature = new HessianSpectrumCallback({schedule: everyBatches(1)});
      const callbacks = place === 'behind' ? [curvature, plain] : [plain, curvature];
      const train = () => model.fit(tf.ones([2, 4]), tf.ones([2, 3]), {verbose: 0, callbacks: callbacks as never});
      await expect(train()).rejects.toThrow(/plain object.*new tf\.CustomCallback\(\{onEpochEnd: …, onBatchEnd: …\}\)/);
      await expect(train()).rejects.toThrow(InvalidArgumentError);
      expect(model.getWeights()[0]!.dataSync()).toEqual(before);
      // Without ours, TensorFlow.js' own rule holds.
      await model.fit(tf.ones([2, 4]), tf.ones([2, 3]), {verbose: 0, callbacks: [plain, {}]});
    },
  );
});

describe('A model of another copy of tfjs-layers', () => {
  /** A second copy, that shares tfjs-core. */
  function secondCopy(): typeof tfl {
    const require = createRequire(import.meta.url);
    const from = dirname(require.resolve('@tensorflow/tfjs-layers/package.json'));
    const folder = mkdtempSync(join(tmpdir(), 'copy-'));
    const to = join(folder, 'node_modules/@tensorflow/tfjs-layers');
    mkdirSync(join(to, 'dist'), {recursive: true});
    for (const file of ['package.json', 'dist/tf-layers.node.js']) cpSync(join(from, file), join(to, file));
    symlinkSync(dirname(require.resolve('@tensorflow/tfjs-core/package.json')), join(to, '../tfjs-core'));
    expect(JSON.parse(readFileSync(join(to, 'package.json'), 'utf8')).main).toBe('dist/tf-layers.node.js');
    return createRequire(join(folder, 'x.js'))('@tensorflow/tfjs-layers') as typeof tfl;
  }

  it('can be differentiated, but callbacks and regularizers refuse it', async () => {
    const other = secondCopy();
    const build = ({sequential, layers}: typeof tfl, name: string) => {
      const model = sequential({layers: [layers.dense({units: 3, inputShape: [4], kernelInitializer: 'ones', name})]});
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      return model as LayersModel;
    };
    const model = build(other, 'theirs');
    expect(model).not.toBeInstanceOf(tfl.LayersModel);
    const batch = {x: tf.randomNormal([5, 4], 0, 1, 'float32', 1), y: tf.ones([5, 3])};
    const products = [];
    for (const each of [model, build(tfl, 'ours')]) {
      const H = await hessian(each, batch);
      products.push([...H.matvec(tf.ones([H.size])).dataSync()]);
      H.dispose();
    }
    expect(products[0]).toEqual(products[1]);
    const regularizer = new HessianTraceRegularizer({strength: 1});
    const curvature = new HessianSpectrumCallback();
    for (const work of [
      () => attachRegularizer(model, regularizer),
      () => curvature.bind(model),
      () => model.fit(batch.x, batch.y, {verbose: 0, callbacks: [curvature]}),
    ]) {
      const error = await (async () => work())().catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect((error as Error).message).toMatch(
        /another copy of @tensorflow\/tfjs-layers.*npm ls @tensorflow\/tfjs-layers/,
      );
    }
  });
});
