import {mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {basename, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {loadKerasModel} from '../../../src/keras/loading/load-keras-model.js';
import {hessian} from '../../../src/operators/hessian.js';
import {useEngine} from '../../engines.js';
import {useFolder} from '../../sinks/use-folder.js';
import {distance, LOSS} from '../load.js';
import {type ModelCase, models, type Variant} from '../models.js';

const inFolder = useFolder();
beforeAll(() => useEngine('native'));

const named = (name: string): ModelCase => models.cases.find(each => each.name === name)!;
const lstm = named('LSTM hard_sigmoid');
const [variant] = lstm.variants as [Variant];

/** Writes the files of a model as the converter does. */
function write({model, weights}: Variant, folder = inFolder('model')): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  writeFileSync(join(folder, model.weightsManifest[0]!.paths[0]!), Buffer.from(weights, 'base64'));
  return folder;
}

const filesOf = ({model, weights}: Variant) => [
  new File([JSON.stringify(model)], 'model.json'),
  new File([Buffer.from(weights, 'base64')], model.weightsManifest[0]!.paths[0]!),
];

/** The loss on the data of a case, which says the same as Keras only if model and loss are Keras'. */
async function lossOf(model: tfl.LayersModel, {x, y}: ModelCase): Promise<number> {
  const batch = {x: tf.tensor(x[0] as number[]), y: tf.tensor(y[0] as number[]), training: false};
  const H = await hessian(model, batch);
  tf.dispose(batch);
  H.dispose();
  return H.loss;
}

describe('loadKerasModel refuses a model that would make it read other files', () => {
  const shard = variant.model.weightsManifest[0]!.paths[0]!;

  it('by a path out of its folder, or by a link', async () => {
    const folder = write(variant);
    writeFileSync(inFolder('other.bin'), Buffer.from(variant.weights, 'base64'));
    const named = {
      ...variant.model,
      weightsManifest: [{...variant.model.weightsManifest[0]!, paths: ['../other.bin']}],
    };
    writeFileSync(join(folder, 'named.json'), JSON.stringify(named));
    await expect(loadKerasModel(join(folder, 'named.json'))).rejects.toThrow(/outside its own folder/);
    rmSync(join(folder, shard));
    symlinkSync(inFolder('other.bin'), join(folder, shard));
    await expect(loadKerasModel(folder)).rejects.toThrow(
      /is a link to .*other\.bin, outside the model's folder; copy the file/,
    );
  });

  it('by a link to a device, or a folder in the place of a file', async () => {
    const folder = write(variant);
    rmSync(join(folder, shard));
    mkdirSync(join(folder, shard));
    await expect(loadKerasModel(folder)).rejects.toThrow(/cannot be read \(it is not a regular file\)/);
    await expect(loadKerasModel('/dev/zero')).rejects.toThrow(/cannot be read \(it is not a regular file\)/);
  });

  it('a link within its folder is followed', async () => {
    const folder = write(variant);
    renameSync(join(folder, shard), join(folder, 'moved'));
    symlinkSync('moved', join(folder, shard));
    (await loadKerasModel(folder)).dispose();
  });
});

describe('loadKerasModel refuses weights that do not fit the model.json', () => {
  const [group] = variant.model.weightsManifest;
  const withWeights = (change: (weights: {shape: unknown; dtype: unknown}[]) => unknown) => {
    const weights = structuredClone(group!.weights) as {shape: unknown; dtype: unknown}[];
    change(weights);
    const folder = write(variant);
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({...variant.model, weightsManifest: [{...group, weights}]}),
    );
    return loadKerasModel(folder);
  };

  it.each([
    [
      'a shape that is larger than the file',
      'shape',
      [1e9, 1e9],
      /says that its weights have \d+ bytes, and their files have/,
    ],
    ['a negative shape', 'shape', [-1, 4], /has the shape \[-1,4\]/],
    ['a shape of texts', 'shape', ['a'], /has the shape \["a"\]/],
    ['no shape', 'shape', null, /has the shape null/],
    ['an unknown type', 'dtype', 'float128', /has the type float128; there are float32/],
  ])('%s', async (_, field, value, message) => {
    const loading = withWeights(weights => Object.assign(weights[0]!, {[field]: value}));
    await expect(loading).rejects.toThrow(InvalidArgumentError);
    await expect(loading).rejects.toThrow(message);
  });

  it('a file that is cut', async () => {
    const folder = write(variant);
    truncateSync(join(folder, group!.paths[0]!), 10);
    await expect(loadKerasModel(folder)).rejects.toThrow(/and their files have 10; save the model again/);
  });

  it('a list of weights that is none', async () => {
    const folder = write(variant);
    for (const weightsManifest of [[null], [{paths: [3], weights: []}], [{paths: ['a']}], {}]) {
      writeFileSync(join(folder, 'model.json'), JSON.stringify({...variant.model, weightsManifest}));
      await expect(loadKerasModel(folder)).rejects.toThrow(/is not a saved model/);
    }
  });
});

describe('loadKerasModel gives the loss of Keras', () => {
  it('from a folder and from a model.json', async () => {
    const folder = write(variant);
    for (const path of [folder, join(folder, 'model.json')]) {
      const model = await loadKerasModel(path);
      expect(distance(await lossOf(model, lstm), variant.loss!)).toBeLessThan(LOSS);
      model.dispose();
    }
  });

  it('from files that a user has chosen, other files among them', async () => {
    const model = await loadKerasModel([new File([''], 'notes.txt'), ...filesOf(variant).reverse()]);
    expect(distance(await lossOf(model, lstm), variant.loss!)).toBeLessThan(LOSS);
    model.dispose();
  });

  it('from an address', async () => {
    const files = new Map(
      await Promise.all(
        filesOf(variant).map(async file => [file.name, Buffer.from(await file.arrayBuffer())] as const),
      ),
    );
    const server = createServer(({url}, response) => {
      const file = files.get(basename(url!.replace(/\?.*/, '')));
      response.writeHead(file ? 200 : 404).end(file);
    }).listen(0, '127.0.0.1');
    try {
      await new Promise(done => server.once('listening', done));
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const model = await loadKerasModel(`${at}/some/model.json?version=2`);
      expect(distance(await lossOf(model, lstm), variant.loss!)).toBeLessThan(LOSS);
      model.dispose();
      await expect(loadKerasModel(`${at}/other.json`)).rejects.toThrow(/other\.json cannot be read \(status 404\)/);
    } finally {
      server.close();
    }
  });
});

describe('a loss', () => {
  it('that is given takes the place of the saved one, under any of its names', async () => {
    const losses: number[] = [];
    for (const loss of ['mean_absolute_error', 'MeanAbsoluteError', ['mae']]) {
      const model = await loadKerasModel(filesOf(variant), {loss});
      losses.push(await lossOf(model, lstm));
      model.dispose();
    }
    expect(new Set(losses).size).toBe(1);
    expect(distance(losses[0]!, variant.loss!)).toBeGreaterThan(1e-3);
  });

  it("may be a function of the user's own", async () => {
    const double = (y: tf.Tensor, p: tf.Tensor) => tf.tidy(() => tf.mul(2, tf.mean(tf.abs(tf.sub(y, p)), -1)));
    const own = await loadKerasModel(filesOf(variant), {loss: 'double', customObjects: {double}});
    const named = await loadKerasModel(filesOf(variant), {loss: 'mae'});
    expect(await lossOf(own, lstm)).toBeCloseTo(2 * (await lossOf(named, lstm)), 5);
    own.dispose();
    named.dispose();
  });

  it('that is nowhere leaves the model uncompiled', async () => {
    const plain = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    await plain.save(
      tf.io.withSaveHandler(async artifacts => {
        const {modelTopology, weightSpecs, weightData} = artifacts;
        const weightsManifest = [{paths: ['w.bin'], weights: weightSpecs}];
        mkdirSync(inFolder('plain'));
        writeFileSync(inFolder('plain/model.json'), JSON.stringify({modelTopology, weightsManifest}));
        writeFileSync(inFolder('plain/w.bin'), Buffer.from(weightData as ArrayBuffer));
        return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
      }),
    );
    const model = await loadKerasModel(inFolder('plain'));
    expect(model.optimizer).toBeUndefined();
    await expect(lossOf(model, lstm)).rejects.toThrow(/is not compiled/);
    model.dispose();
    plain.dispose();
  });
});

describe('a layer of one of the classes of the user', () => {
  const lambda = named('Lambda');

  class Square extends tfl.layers.Layer {
    static className = 'square';
    override call(x: tf.Tensor | tf.Tensor[]) {
      return tf.square(Array.isArray(x) ? x[0]! : x);
    }
  }

  it('takes the place of a Lambda', async () => {
    const [first] = lambda.variants as [Variant];
    await expect(loadKerasModel(filesOf(first))).rejects.toThrow(/give a class of that name in customObjects/);
    const model = await loadKerasModel(filesOf(first), {customObjects: {square: Square}});
    expect(distance(await lossOf(model, lambda), first.loss!)).toBeLessThan(LOSS);
    model.dispose();
  });

  it('goes by its className', async () => {
    const failing = loadKerasModel(filesOf(variant), {customObjects: {other: Square}});
    await expect(failing).rejects.toThrow(/customObjects\.other has the className square/);
  });
});

describe('loadKerasModel refuses', () => {
  const refused = async (source: Parameters<typeof loadKerasModel>[0], message: RegExp) => {
    const before = tf.memory().numTensors;
    await expect(loadKerasModel(source)).rejects.toThrow(InvalidArgumentError);
    await expect(loadKerasModel(source)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  };

  it('files without a model.json, or without the weights', async () => {
    await refused([new File([''], 'a.txt')], /there is no model\.json in the files a\.txt/);
    await refused(filesOf(variant).slice(0, 1), /has weights in .*, which is not among the files; add it/);
  });

  it.each(['../secret.bin', '/etc/hostname', 'a/../../b', 'file:///etc/hostname', '..\\secret'])(
    'weights outside the folder of the model: %s',
    async outside => {
      const {model} = variant;
      const [group] = model.weightsManifest;
      const folder = write({...variant, model: {...model, weightsManifest: [{...group!, paths: ['inside.bin']}]}});
      const path = join(folder, 'model.json');
      writeFileSync(path, JSON.stringify({...model, weightsManifest: [{...group!, paths: [outside]}]}));
      await refused(path, /has weights in .*, outside its own folder/);
    },
  );

  it('a path that does not exist, and files that must be converted first', async () => {
    await refused('nowhere/model.json', /nowhere\/model\.json does not exist; name a model\.json/);
    await refused([new File(['\x89HDF\r\n\x1a\n'], 'model.json')], /is not JSON|is an HDF5 file/);
  });

  it('a loss that it does not know, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    await expect(loadKerasModel(filesOf(variant), {loss: 'nonsense'})).rejects.toThrow(
      /the option loss: Unknown loss nonsense/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
