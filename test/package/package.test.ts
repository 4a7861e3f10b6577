import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {chromium} from 'playwright-core';
import {build, createLogger, preview} from 'vite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chromiumArgs, chromiumPath} from '../chromium.js';
import {repository} from '../engine/run-source.js';
import {readReference} from '../references.js';
import {codeBlocks} from '../run-markdown.js';
import {installPacked, sizeOf} from './install.js';

const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'rxjs'];
const backends = ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-webgl'];

const model = `
const model = layers.sequential({
  layers: [
    layers.layers.dense({units: 6, inputShape: [4], activation: 'tanh'}),
    layers.layers.dense({units: 5, activation: 'relu'}),
    layers.layers.dense({units: 3, activation: 'softmax'}),
  ],
});
model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
const x = core.randomNormal([16, 4], 0, 1, 'float32', 1);
const y = core.oneHot(core.tensor1d(Array.from({length: 16}, (_, i) => i % 3), 'int32'), 3);
`;

describe('The package, installed into an empty folder', () => {
  let folder = '';
  beforeAll(() => {
    folder = installPacked([...peers, ...backends]);
  }, 300_000);
  afterAll(() => folder && rmSync(folder, {recursive: true, force: true}));

  it('takes less than 3 MB with all that it depends on, beside its peers', () => {
    const packages = readdirSync(join(folder, 'node_modules'))
      .filter(name => !name.startsWith('.'))
      .map(name => ({name, kilobytes: Math.round(sizeOf(join(folder, 'node_modules', name)) / 1000)}));
    const total = packages.reduce((sum, {kilobytes}) => sum + kilobytes, 0);
    expect(total, JSON.stringify(packages)).toBeLessThan(3000);
  });

  it('runs the README’s first examples in Node, on TensorFlow.js in plain JavaScript', () => {
    const [curvature, penalty] = codeBlocks(readFileSync(join(repository, 'README.md'), 'utf8'));
    writeFileSync(
      join(folder, 'readme.js'),
      `import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
${model}
${curvature}
${penalty}`,
    );
    const {status, stdout, stderr} = spawnSync(process.execPath, ['readme.js'], {cwd: folder, encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^2 network \S+ ± \S+$/m);
  });

  it('reports on a saved model, with the packages that the build has taken in', () => {
    const {x, y, losses} = readReference('mlp_tanh');
    const names = (array: {shape: number[]}, name: string) => Array.from({length: array.shape[1]!}, (_, i) => name + i);
    const row = ({shape, data}: {shape: number[]; data: number[]}, i: number) =>
      data.slice(i * shape[1]!, (i + 1) * shape[1]!);
    const lines = Array.from({length: x[0]!.shape[0]!}, (_, i) => [...row(x[0]!, i), ...row(y[0]!, i)].join());
    const header = [...names(x[0]!, 'x'), ...names(y[0]!, 'y')].join();
    writeFileSync(join(folder, 'data.csv'), [header, ...lines, ''].join('\n'));
    const saved = join(repository, 'test/reference/mlp_tanh/model.json');
    const args = ['report', saved, '--data', 'data.csv', '--loss', losses[0]!, '--out', 'report.html'];
    const cli = join('node_modules', 'tfjs-hessian', 'dist', 'cli.js');
    const {status, stderr} = spawnSync(process.execPath, [cli, ...args], {cwd: folder, encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/<svg.*whole network.*<table/s);
  });

  it('is bundled for a browser without a module of Node, and runs there', {
    tags: 'browser',
    timeout: 180_000,
  }, async () => {
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module" src="./app.js"></script>',
    );
    writeFileSync(
      join(folder, 'app.js'),
      `import '@tensorflow/tfjs-backend-webgl';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {HessianSpectrumCallback} from 'tfjs-hessian';
await core.setBackend('webgl');
${model}
const curvature = new HessianSpectrumCallback({steps: 4, probes: 1});
curvature.samples$.subscribe(({full, layers}) => {
  document.title = [full.parameters, layers.length, Number.isFinite(full.trace.value)].join(' ');
});
await model.fit(x, y, {epochs: 1, verbose: 0, callbacks: [curvature]});`,
    );
    const warnings: string[] = [];
    const logger = createLogger('warn');
    logger.warn = message => warnings.push(message);
    await build({
      root: folder,
      configFile: false,
      customLogger: logger,
      build: {target: 'es2022', chunkSizeWarningLimit: 10_000},
    });
    expect(warnings).toEqual([]);

    const server = await preview({root: folder, configFile: false, logLevel: 'silent', preview: {port: 0}});
    const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', error => complaints.push(error.message));
      page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(server.resolvedUrls!.local[0]!);
      // 6 · 4 + 6, 5 · 6 + 5 and 3 · 5 + 3 weights.
      await page.waitForFunction(() => document.title !== 'waiting', null, {timeout: 90_000}).catch(() => null);
      expect(complaints).toEqual([]);
      expect(await page.title()).toBe('83 3 true');
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
