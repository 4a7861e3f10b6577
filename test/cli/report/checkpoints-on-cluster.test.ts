// Checkpoints that workers of a cluster report, each a process, with a Redis of its own.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {Redis} from 'ioredis';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import type {ClusterFlags} from '../../../src/cli/report/checkpoints/cluster-flags.js';
import {reportCheckpoints} from '../../../src/cli/report/checkpoints/report-checkpoints.js';
import type {ReportFlags} from '../../../src/cli/report/report-flags.js';
import {ClusterError, InvalidArgumentError} from '../../../src/errors.js';
import {endWorkers, startWorker, type TestWorker} from '../../cluster/start-worker.js';
import {commandLine, runSource, tsx} from '../../engine/run-source.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';
import {readReference} from '../../references.js';
import {useFolder} from '../../sinks/use-folder.js';
import {pressCtrlC} from '../press-ctrl-c.js';
import {printed, saveCheckpoint, saveData, smallWork} from './saved-checkpoints.js';

const inFolder = useFolder();
beforeAll(() => useEngine('native'));
beforeEach(() => saveData(inFolder('data.json')));
afterEach(() => vi.restoreAllMocks());

const save = (name: string, factor = 1) => saveCheckpoint(inFolder(name), factor);
const report = (cluster: Partial<ClusterFlags> | null, more: Partial<ReportFlags> = {}, given = ['step-*']) =>
  printed(
    flags =>
      reportCheckpoints(
        given.map(each => inFolder(each)),
        flags,
        cluster && {redis: true, queue: 'tfjs-hessian', maxBytes: 1e8, ...cluster},
      ),
    {...smallWork, data: inFolder('data.json'), ...more},
  );

/** Writes a model as tfjs-layers saves it. */
async function saveOfLayers(folder: string): Promise<void> {
  const {x, y} = readReference('mlp_tanh');
  const [inputs, units] = [x[0]!.shape[1]!, y[0]!.shape[1]!];
  const kernelInitializer = tfl.initializers.glorotUniform({seed: 1});
  const model = tfl.sequential();
  model.add(tfl.layers.dense({units, inputShape: [inputs], activation: 'softmax', kernelInitializer}));
  const save = async ({modelTopology, weightSpecs, weightData}: tf.io.ModelArtifacts) => {
    mkdirSync(folder, {recursive: true});
    const weightsManifest = [{paths: ['weights.bin'], weights: weightSpecs}];
    writeFileSync(`${folder}/model.json`, JSON.stringify({modelTopology, weightsManifest}));
    writeFileSync(`${folder}/weights.bin`, new Uint8Array(weightData as ArrayBuffer));
    return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON' as const}};
  };
  await model.save(tf.io.withSaveHandler(save));
  model.dispose();
}

/** How long a test waits for processes on a busy machine, and how long it may take. */
const [LONG, LONGEST] = [60_000, 400_000];

describe('report --checkpoints --redis', needs(findRedis(), noRedis), () => {
  let redis: TestRedis;
  const workers: TestWorker[] = [];
  const servers: TestRedis[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await endWorkers(workers);
    await Promise.all(servers.splice(0).map(server => server.stop()));
  });
  afterAll(() => redis?.stop());

  const work = (queue: string, ...args: string[]) => {
    const worker = startWorker(redis.url, ['--queue', queue, ...args]);
    workers.push(worker);
    return worker;
  };
  /** The keys of a queue besides those that it always has. */
  const keysOf = async (queue: string) => {
    const client = new Redis(redis.url);
    const keys = await client.keys(`tfjs-hessian:${queue}:*`);
    client.disconnect();
    const lasting = ['meta', 'events', 'id', 'marker', 'stalled-check', 'stalled', 'workers'];
    return keys.map(key => key.slice(`tfjs-hessian:${queue}:`.length)).filter(key => !lasting.includes(key));
  };

  it(
    'has the files and the text of this process, also of checkpoints that fail, and leaves no key and no tensor',
    async () => {
      save('step-1');
      save('step-2', 2);
      save('step-3');
      writeFileSync(inFolder('step-3/weights.bin'), '');
      // The same model again.
      save('step-4', 2);
      mkdirSync(inFolder('step-5'));
      // The others are of Keras.
      await saveOfLayers(inFolder('step-6'));
      const both = [work('same'), work('same')];
      await Promise.all(both.map(worker => worker.said(/ready/)));
      const tensors = tf.memory().numTensors;
      const many = {batchSize: 5, layers: 'middle', k: 2, inference: true};
      for (const [more, out] of [
        [{}, []],
        [many, ['r.html', 'r.json', 'r.md']],
      ] as const) {
        const cluster = {redis: redis.url, queue: 'same'};
        const texts = [];
        for (const each of [null, cluster]) {
          const {text, error} = await report(each, more);
          expect(error?.message).toBe('2 of 6 checkpoints have no spectra; the report says why.');
          const files = [];
          for (const file of out) {
            await report(each, {...more, out: inFolder(file)});
            files.push(readFileSync(inFolder(file), 'utf8'));
          }
          texts.push([text, ...files]);
        }
        expect(texts[1]).toEqual(texts[0]);
      }
      expect(JSON.parse(readFileSync(inFolder('r.json'), 'utf8'))[1]).toHaveProperty('spectra.full.trace');
      expect(tf.memory().numTensors).toBe(tensors);
      await Promise.all(both.map(worker => worker.said(/report \w+ taken in/)));
      await expect.poll(() => keysOf('same'), {timeout: LONG}).toEqual([]);
    },
    LONGEST,
  );

  it(
    'uses the losses and layers that the workers import, and says which are not known there',
    async () => {
      writeFileSync(
        inFolder('own.mjs'),
        `import * as tf from '${import.meta.resolve('@tensorflow/tfjs')}';
export const half = (yTrue, yPred) => tf.tidy(() => tf.mul(0.5, tf.mean(tf.square(tf.sub(yTrue, yPred)), -1)));`,
      );
      save('step-1');
      const ignorant = work('own');
      const unknown = await report({redis: redis.url, queue: 'own'}, {loss: 'half', json: true});
      expect(JSON.parse(unknown.text)[0].error).toMatch(/Unknown loss half\. .*--import/);
      ignorant.child.kill('SIGKILL');
      work('own', '--import', inFolder('own.mjs'));
      const found = await report({redis: redis.url, queue: 'own'}, {loss: 'half', json: true});
      const local = await report(null, {loss: 'half', json: true, import: [inFolder('own.mjs')]});
      expect(local.error).toBeNull();
      expect(found).toEqual(local);
    },
    LONGEST,
  );

  it(
    'has the same numbers when a worker is killed in the middle, and when Redis forgets all',
    async () => {
      for (let step = 1; step <= 8; step++) save(`step-${step}`, step / 4);
      const more = {json: true, batchSize: 3};
      const {text: expected} = await report(null, more);
      const doomed = work('killed', '--lock', '2');
      const found = report({redis: redis.url, queue: 'killed'}, more);
      await doomed.said(/report \w+ taken in/);
      doomed.child.kill('SIGKILL');
      const next = work('killed', '--lock', '2');
      await next.said(/report \w+ taken in/);
      await redis.kill();
      await redis.start();
      expect(await found).toEqual({text: expected, error: null});
    },
    LONGEST,
  );

  it(
    'keeps what is finished after a signal, and leaves no key',
    needs(process.platform !== 'win32', 'no signals'),
    async () => {
      const count = 30;
      for (let step = 1; step <= count; step++) save(`step-${step}`);
      const worker = work('signal');
      await worker.said(/ready/);
      const command = [
        ...[process.execPath, '--import', tsx, commandLine, 'report', '--checkpoints', inFolder('step-*/model.json')],
        ...[
          '--data',
          inFolder('data.json'),
          '--loss',
          'categoricalCrossentropy',
          '--batch-size',
          '1',
          '--probes',
          '10',
        ],
        ...['--out', inFolder('r.json'), '--redis', redis.url, '--queue', 'signal'],
      ];
      const {code, stderr} = pressCtrlC(`2 of ${count},`, command);
      expect([code, stderr]).toEqual([130, '']);
      const finished = JSON.parse(readFileSync(inFolder('r.json'), 'utf8')) as {spectra?: object}[];
      expect(finished.length).toBeGreaterThanOrEqual(2);
      expect(finished.length).toBeLessThan(count);
      expect(finished.every(({spectra}) => spectra !== undefined)).toBe(true);
      // The worker removes the one that it was at.
      await expect.poll(() => keysOf('signal'), {timeout: LONG}).toEqual([]);
    },
  );

  it('is an error that says what to do where Redis is not there, without its password, and writes no file', async () => {
    save('step-1');
    const lost = await startRedis({password: 'hidden-word'});
    servers.push(lost);
    await lost.kill();
    const {error, text} = await report({redis: lost.url}, {out: inFolder('r.json')});
    expect(error).toBeInstanceOf(ClusterError);
    expect(error!.message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:\d+ has not answered for 5 s \(.+\); check/);
    expect(error!.message).not.toContain('hidden-word');
    expect(text).toBe('');
    expect(() => readFileSync(inFolder('r.json'))).toThrow(/ENOENT/);
  });

  it('refuses a wrong address without its value, and a checkpoint that is too large in its row', async () => {
    save('step-1');
    const {error} = await report({redis: 'http://u:secret@host'});
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error!.message).toMatch(/^--redis begins with "http:\/\/"/);
    expect(error!.message).not.toContain('secret');
    const {text} = await report({redis: redis.url, maxBytes: 1000}, {json: true});
    expect(JSON.parse(text)[0].error).toMatch(/^The model and the data have 0\.0 MB, and --max-bytes is 0\.0 MB; use/);
  });

  it.each([
    [['model.json', '--redis', 'redis://h'], /--redis is for --checkpoints/],
    [['--checkpoints', 'a', '--queue', 'q'], /--queue and --max-bytes are for --redis/],
    [['--checkpoints', 'a', '--redis', '--import', 'a.mjs'], /--import is for the workers when --redis is given/],
  ])('is an error of usage with %j', async (args, message) => {
    const {code, stderr} = await runSource([commandLine, 'report', '--data', 'data.json', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
