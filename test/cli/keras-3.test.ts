import {cpSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import type {LayerConfig} from '../../src/keras/layer-config.js';
import {buildModel} from '../../src/cli/report/build-model.js';
import {readModel} from '../../src/cli/report/saved-model.js';
import {loadTensorFlow} from '../../src/engine/load.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {commandLine, repository, runSource} from '../engine/run-source.js';
import {useEngine} from '../engines.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const folder = join(import.meta.dirname, 'keras-3');
beforeAll(() => useEngine('native'));

const build = async (path: string) => {
  const {tf} = await loadTensorFlow();
  return buildModel(tf, readModel(path), path, ['meanSquaredError']);
};

const names = ['sequential', 'functional', 'convolutional'].flatMap(name => [`${name}_h5`, `${name}_keras`]);

describe('a model that the converter has written from Keras 3', () => {
  it.each(names)('%s computes in tfjs-layers what Keras computes', async name => {
    const model = await build(join(folder, name, 'model.json'));
    const {x, outputs} = JSON.parse(readFileSync(join(folder, name, 'outputs.json'), 'utf8')) as {
      x: number[];
      outputs: number[][][];
    };
    const found = [model.predict(core.tensor(x))].flat() as core.Tensor[];
    expect(found).toHaveLength(outputs.length);
    outputs.forEach((output, i) => {
      const expected = core.tensor(output);
      expect(found[i]!.shape).toEqual(expected.shape);
      // Both compute in float32.
      expect(found[i]!.sub(expected).abs().max().dataSync()[0]).toBeLessThan(2e-6);
    });
  });

  it('is reported by the command', async () => {
    writeFileSync(inFolder('data.csv'), '1,0,2,0,1,3,0\n0,1,0,1,2,0,2\n');
    const args = ['--data', inFolder('data.csv'), '--loss', 'sparseCategoricalCrossentropy', '--json'];
    const model = join(folder, 'sequential_h5/model.json');
    const {code, stdout, stderr} = await runSource([commandLine, 'report', model, ...args], {cwd: repository});
    expect(code, stderr).toBe(0);
    const {layers} = JSON.parse(stdout) as {layers: {name: string}[]};
    expect(layers.map(layer => layer.name)).toEqual(['first', 'batch_normalization', 'last']);
  });
});

describe('of what tfjs-layers has not, a model of Keras 3', () => {
  /** The sequential model with something else in it. */
  function changed(change: (layers: LayerConfig[], weights: {name: string}[]) => void): string {
    cpSync(join(folder, 'sequential_h5'), inFolder('changed'), {recursive: true});
    const path = inFolder('changed/model.json');
    const model = JSON.parse(readFileSync(path, 'utf8'));
    change(model.modelTopology.model_config.config.layers, model.weightsManifest[0].weights);
    writeFileSync(path, JSON.stringify(model));
    return path;
  }
  const refused = async (path: string, message: RegExp) => {
    await expect(build(path)).rejects.toThrow(InvalidArgumentError);
    await expect(build(path)).rejects.toThrow(message);
  };

  it('names the layer, and Keras 2 as the way out', async () => {
    const slope = changed(layers => {
      layers[4] = {class_name: 'ReLU', config: {name: 'leak', negative_slope: 0.1, threshold: 0}};
    });
    await refused(
      slope,
      /"leak" is a ReLU with negative_slope 0\.1 .*; use LeakyReLU.*Keras 2 \(the package tf_keras\)/,
    );
    const unknown = changed(layers => {
      layers[2] = {class_name: 'GroupNormalization', config: {name: 'groups'}};
    });
    await refused(unknown, /cannot be loaded by tfjs-layers: Unknown layer: GroupNormalization.*tf_keras/);
  });

  it('names a weight without a layer', async () => {
    const stray = changed((_, weights) => {
      weights[0] = {...weights[0], name: 'sequential/elsewhere/gamma'};
    });
    await refused(stray, /its weight "sequential\/elsewhere\/gamma" belongs to no layer/);
  });
});
