import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {reportModel} from '../../src/cli/report/report-model.js';
import {importModules} from '../../src/engine/import-module.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {noCustomObjects} from '../../src/keras/custom-objects.js';
import {commandLine, repository, runSource} from '../engine/run-source.js';
import {useEngine} from '../engines.js';
import {computed, distance, forms, LOSS, TRACE} from './load.js';
import {models} from './models.js';

// Inside the repository, so that TensorFlow.js is found as in a reader's project.
let folder: string;
beforeAll(async () => {
  await useEngine('native');
  folder = mkdtempSync(join(repository, 'node_modules/.test-import-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

const example = readFileSync(join(repository, 'docs/report.md'), 'utf8').match(
  /^```js\n(\/\/ layers\.mjs\n.*?)^```$/ms,
)![1]!;

function write(name: string, code: string): string {
  writeFileSync(join(folder, name), code);
  return join(folder, name);
}

const own = models.cases.filter(({refused, variants}) => refused !== undefined && variants[0]?.loss !== undefined);

describe('a module given by --import, as in the docs,', () => {
  it('covers a layer, a Lambda layer and a loss', () => {
    expect(own.map(({name}) => name)).toEqual(['Lambda', "a layer of one's own", "loss a function of one's own"]);
  });

  describe.each(own.map(each => [each.name, each] as const))('gives %s', (_, each) => {
    it.each(forms(each))('the same loss and trace as in Keras (%s)', async (_, variant) => {
      const imported = await importModules([write('layers.mjs', example)]);
      expect([...imported.losses.keys()]).toEqual(['my_loss']);
      const {loss, trace} = await computed(each, variant, {...imported, classes: new Set(['Scale', 'square'])});
      expect(distance(loss, variant.loss!)).toBeLessThan(LOSS);
      expect(distance(trace, variant.trace!)).toBeLessThan(TRACE);
    });
  });

  it('is used by the command, with a loss given by --loss', async () => {
    const {x, y, variants} = models.cases.find(({name}) => name === 'loss mse')!;
    const {model, weights} = variants[0]!;
    mkdirSync(join(folder, 'model'));
    write('model/model.json', JSON.stringify(model));
    writeFileSync(join(folder, 'model', model.weightsManifest[0]!.paths[0]!), Buffer.from(weights, 'base64'));
    const data = write('data.json', JSON.stringify({x: x[0], y: y[0]}));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const flags = {data, layers: 'all', batchSize: 512, steps: 1, probes: 1, k: 1, seed: 0};
    const losses: unknown[] = [];
    for (const more of [
      {},
      {loss: 'my_loss', import: [write('loss.mjs', example.replaceAll(/^export class/gm, 'class'))]},
    ]) {
      await reportModel(join(folder, 'model'), {...flags, ...more});
      losses.push(/loss ([\d.]+)/.exec(String(log.mock.calls.at(-1)))![1]);
    }
    log.mockRestore();
    // The page's loss is the mean squared error, too.
    expect(losses[1]).toBe(losses[0]);
  });
});

describe('--import', () => {
  const refused = async (path: string, message: RegExp) => {
    await expect(importModules([path])).rejects.toThrow(InvalidArgumentError);
    await expect(importModules([path])).rejects.toThrow(message);
  };

  it('uses classes that the module registers itself', async () => {
    const code = `import * as tf from '@tensorflow/tfjs';
      class Registered extends tf.layers.Layer { static className = 'Registered'; }
      tf.serialization.registerClass(Registered);`;
    const {classes} = await importModules([write('registers.mjs', code)]);
    expect([...classes]).toEqual(['Registered']);
    expect(await importModules([])).toBe(noCustomObjects);
  });

  it('reports the error that a module throws', async () => {
    await refused(write('broken.mjs', 'throw new Error("no luck");'), /--import .*broken\.mjs fails: no luck\.$/);
  });

  it('says where it looks for TensorFlow.js', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'tfjs-hessian-import-'));
    const file = join(outside, 'far.mjs');
    writeFileSync(file, "import '@tensorflow/tfjs';");
    const {model, weights} = models.cases.find(({name}) => name === 'loss mse')!.variants[0]!;
    writeFileSync(join(outside, 'model.json'), JSON.stringify(model));
    writeFileSync(join(outside, model.weightsManifest[0]!.paths[0]!), Buffer.from(weights, 'base64'));
    writeFileSync(join(outside, 'data.csv'), '1,2,3,4,0\n');
    const data = join(outside, 'data.csv');
    // In a process of its own: here vitest looks for packages.
    const {code, stderr} = await runSource([commandLine, 'report', outside, '--data', data, '--import', file]);
    rmSync(outside, {recursive: true});
    expect(code).not.toBe(0);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /Cannot find package '@tensorflow\/tfjs'.*; keep the file in the project/,
    );
  });

  it('refuses a second copy of TensorFlow.js', async () => {
    const scope = join(folder, 'copy/node_modules/@tensorflow');
    mkdirSync(scope, {recursive: true});
    cpSync(
      join(repository, 'node_modules/@tensorflow/tfjs-layers/package.json'),
      join(scope, 'tfjs-layers/package.json'),
    );
    const main = 'dist/tf-layers.node.js';
    cpSync(join(repository, 'node_modules/@tensorflow/tfjs-layers', main), join(scope, 'tfjs-layers', main));
    symlinkSync(join(repository, 'node_modules/@tensorflow/tfjs-core'), join(scope, 'tfjs-core'));
    const code = `import {layers} from '@tensorflow/tfjs-layers';
      export class Other extends layers.Layer { static className = 'Other'; }`;
    await refused(write('copy/other.mjs', code), /uses another copy of TensorFlow\.js .*tfjs-layers.*run `npm dedupe`/);
  });
});
