import {readFileSync} from 'node:fs';
import {PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {csv, ndjson, parquet, readSamples, summary, tensorBoard} from '../../src/sinks.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {useEngine} from '../engines.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
beforeAll(() => useEngine('native'));

function model(): tfl.Sequential {
  const made = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 4, inputShape: [3], activation: 'tanh', name: 'hidden'}),
      tfl.layers.dense({units: 2, activation: 'softmax', name: 'out'}),
    ],
  });
  made.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return made;
}

async function train(callbacks: tfl.Callback[]): Promise<void> {
  const x = tf.randomNormal([8, 3], 0, 1, 'float32', 1);
  const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 1, 0, 1, 0], 'int32'), 2).toFloat();
  await model().fit(x, y, {epochs: 3, batchSize: 4, verbose: 0, callbacks});
  tf.dispose([x, y]);
}

describe('a training with all sinks at once', () => {
  it('writes to each of them', async () => {
    const curvature = new HessianSpectrumCallback({steps: 4, probes: 2});
    const {failures$} = curvature;
    const samples: HessianSample[] = [];
    curvature.samples$.subscribe(sample => samples.push(sample));
    const stream = new PassThrough();
    const table = parquet(inFolder('run.parquet'), {failures$});
    for (const sink of [
      ndjson(inFolder('run.ndjson'), {failures$}),
      csv(inFolder('run.csv'), {failures$}),
      table,
      tensorBoard(inFolder('logs'), {failures$}),
      summary({stream}),
    ]) {
      curvature.samples$.subscribe(sink);
    }
    await train([curvature]);
    curvature.dispose();
    await table.closed;
    expect(samples).toHaveLength(3);
    const read: HessianSample[] = [];
    for await (const sample of readSamples(inFolder('run.ndjson'))) read.push(sample);
    expect(read).toEqual(samples);
    expect(readFileSync(inFolder('run.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(1 + 3 * 3);
    expect(readFileSync(inFolder('run.parquet')).subarray(-4).toString()).toBe('PAR1');
    stream.end();
    const lines = (await text(stream)).split('\n').filter(line => line.startsWith('epoch'));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(
      /^epoch 3 · step 6 · loss \S+ · trace \S+ ± \S+ · top \S+ ± \S+ · \w+: \S+ of its edge · sharpest (hidden|out) \(/,
    );
  });

  it('reports a full disk on failures$ of the callback, and continues', async () => {
    const curvature = new HessianSpectrumCallback({steps: 4, probes: 1});
    const failures: string[] = [];
    curvature.failures$.subscribe(({error, epoch}) => failures.push(`${epoch} ${error.message}`));
    let samples = 0;
    curvature.samples$.subscribe(ndjson('/dev/full', {failures$: curvature.failures$}));
    curvature.samples$.subscribe(() => samples++);
    await train([curvature]);
    curvature.dispose();
    // The sample, then the logs of its epoch.
    const lines = [0, 1, 2].flatMap(epoch => [
      `${epoch} ndjson.* sample ${epoch} .*ENOSPC`,
      `${epoch} ndjson.* logs: ENOSPC`,
    ]);
    expect(failures).toEqual(lines.map(line => expect.stringMatching(`^${line}`)));
    expect(samples).toBe(3);
  });

  it('prints the first failure without a subscriber of failures$', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const curvature = new HessianSpectrumCallback({steps: 4, probes: 1});
    curvature.samples$.subscribe(ndjson('/dev/full', {failures$: curvature.failures$}));
    await train([curvature]);
    curvature.dispose();
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^tfjs-hessian: TfjsHessianError: ndjson.*ENOSPC/)]]);
    warn.mockRestore();
  });

  it("writes events that TensorBoard reads beside those of tfjs-node's callback", readers, async () => {
    const {node} = await import('@tensorflow/tfjs-node-gpu');
    const curvature = new HessianSpectrumCallback({steps: 4, probes: 2});
    curvature.samples$.subscribe(tensorBoard(inFolder('logs')));
    await train([curvature, node.tensorBoard(inFolder('logs')) as unknown as tfl.Callback]);
    curvature.dispose();
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
runs = EventMultiplexer().AddRunsFromDirectory(sys.argv[1]).Reload()
print(json.dumps({run: sorted(tags['scalars'] + tags['tensors']) for run, tags in runs.Runs().items()}))`;
    const found = runPython(script, inFolder('logs')) as Record<string, string[]>;
    expect(Object.keys(found).sort()).toEqual(['.', 'train']);
    expect(found['.']).toContain('hessian-trace/hidden');
    expect(found.train!.some(tag => tag.includes('loss'))).toBe(true);
  });
});
