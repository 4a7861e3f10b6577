import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createWriteStream} from 'node:fs';
import {createRequire} from 'node:module';
import {PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {from} from 'rxjs';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import type {SummaryArgs} from '../../src/sinks/summary.js';
import {summary} from '../../src/sinks/summary.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {useEngine} from '../engines.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
beforeAll(() => useEngine('cpu'));

/** The lines that samples give. */
async function linesOf(samples: readonly HessianSample[], args: SummaryArgs = {}, tty: object = {}): Promise<string[]> {
  const stream = Object.assign(new PassThrough(), tty);
  from(samples).subscribe(summary({stream, ...args}));
  stream.end();
  return (await text(stream)).split('\n').slice(0, -1);
}

/** Samples whose loss grows, which `advise` finds at once. */
const diverging = [0, 1, 2, 3].map(i => {
  const {noStability: _, ...sample} = makeSample(i, {layers: ['a', 'b']});
  return {...sample, loss: 4 ** i, stability: null};
});

describe('a line of summary', () => {
  it('has each estimate with its error, in the digits that the error allows', async () => {
    const sample = makeSample(1, {layers: ['first']});
    const [line] = await linesOf([
      {
        ...sample,
        full: {
          ...sample.full,
          trace: {value: 12.3456, standardError: 0.812, probes: 4},
          largest: [{value: 7.654321, residual: 0.0321}],
        },
        layers: [{...sample.layers[0]!, trace: {value: 3.21, standardError: null, probes: 1}}],
      },
    ]);
    expect(line).toBe(
      'epoch 1 batch 2 · step 20 · loss 0.25 · trace 12.35 ± 0.81 · top 7.654 ± 0.032 · Adam: 0.237 of its edge · sharpest first (trace 3.21 ± ?)',
    );
  });

  it('is followed by the reason why the edge of stability is not known, once', async () => {
    const samples = [0, 1, 2].map(i => ({
      ...makeSample(i),
      stability: null,
      noStability: 'Mine has no rule; call registerOptimizer.',
    }));
    const lines = await linesOf(samples, {advice: false});
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe('The edge of stability is not known: Mine has no rule; call registerOptimizer.');
  });

  it('is one whole line in a pipe, whatever the layers are called', async () => {
    const name = `${'a'.repeat(200)}\n\u001b[2J`;
    const lines = await linesOf([makeSample(3, {layers: [name]}), makeSample(1, {layers: [name]})]);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/sharpest a{200}␣␣\[2J \(trace 11.1\d* ± 0.41\)$/);
  });

  it('is never wider than the terminal, and loses what matters least first', async () => {
    for (let columns = 1; columns <= 140; columns++) {
      const lines = await linesOf(diverging, {}, {isTTY: true, columns});
      // A word of a finding is not broken.
      const longest = Math.max(
        columns,
        ...lines
          .slice(4)
          .flatMap(line => line.split(' '))
          .map(word => word.length + 2),
      );
      expect(Math.max(...lines.slice(0, 4).map(line => line.length))).toBeLessThanOrEqual(columns);
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(longest);
    }
    const narrow = await linesOf([makeSample(1)], {}, {isTTY: true, columns: 60});
    expect(narrow[0]).toMatch(/^epoch 1 batch 2 . step 20 . loss 0.25 . trace 11 /);
    expect(narrow[0]).not.toContain('sharpest');
  });
});

function model(): tfl.Sequential {
  const hidden = {activation: 'relu', biasInitializer: tfl.initializers.constant({value: -100})} as const;
  const made = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 4, inputShape: [3], activation: 'tanh', name: 'first'}),
      // Its units are off for all inputs.
      tfl.layers.dense({units: 4, name: 'dead', ...hidden}),
      tfl.layers.dense({units: 2, activation: 'softmax', name: 'out'}),
    ],
  });
  made.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  return made;
}

describe('the findings of summary', () => {
  it('come when a fit ends, each once over several fits and the end of the stream', async () => {
    const stream = new PassThrough();
    let printed = '';
    stream.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
    });
    const found = () => printed.split('\n').filter(line => line.startsWith('! '));
    const curvature = new HessianSpectrumCallback({steps: 4, probes: 2});
    curvature.samples$.subscribe(summary({stream}));
    const [x, y] = [
      tf.randomNormal([8, 3], 0, 1, 'float32', 1),
      tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2),
    ];
    const [one, other] = [model(), model()];
    for (const [i, trained] of [one, one, other].entries()) {
      await trained.fit(x, tf.cast(y, 'float32'), {epochs: 2, batchSize: 4, verbose: 0, callbacks: [curvature]});
      await new Promise(setImmediate);
      expect(found(), `after fit ${i}`).toHaveLength(i < 2 ? 1 : 2);
    }
    curvature.dispose();
    await new Promise(setImmediate);
    expect(stream.listenerCount('error')).toBe(0);
    expect(found()).toEqual([
      expect.stringMatching(/dead.*since step 2/),
      expect.stringMatching(/dead.*since step 10/),
    ]);
    expect(
      printed
        .trimEnd()
        .split('\n')
        .filter(line => line.startsWith('epoch')),
    ).toHaveLength(6);
    expect(printed.split('\n').findIndex(line => line.startsWith('!'))).toBe(2);
  });

  it('come at the end of a stream of samples that no callback sends', async () => {
    const lines = await linesOf(diverging);
    expect(lines.slice(4)).toEqual([
      expect.stringMatching(/^! .*from 1 at step 10 to 64 at step 40/),
      expect.stringMatching(/^ {2}\S/),
    ]);
    expect(await linesOf(diverging.slice(0, 2))).toHaveLength(2);
  });

  it('count the failed samples of a live run', async () => {
    const stream = new PassThrough();
    const curvature = new HessianSpectrumCallback({
      batch: () => {
        if (calls++ < 2) throw new Error('no data');
        return {x: tf.ones([2, 3]), y: tf.eye(2)};
      },
      ...{steps: 4, probes: 2},
    });
    let calls = 0;
    curvature.failures$.subscribe(() => {});
    curvature.samples$.subscribe(summary({stream}));
    await model().fit(tf.ones([4, 3]), tf.ones([4, 2]), {epochs: 5, verbose: 0, callbacks: [curvature]});
    curvature.dispose();
    stream.end();
    expect(await text(stream)).toMatch(/^\? 2 of 5 samples failed/m);
  });

  it('are not printed with advice: false', async () => {
    expect(await linesOf(diverging, {advice: false})).toHaveLength(4);
  });

  it('do not disturb a stream whose reader is gone', async () => {
    const stream = createWriteStream(inFolder('out.txt'));
    stream.end();
    await once(stream, 'close');
    from(diverging).subscribe(summary({stream}));
    await new Promise(resolve => setTimeout(resolve, 10));
  });

  it('leave a process alive whose pipe is closed', async () => {
    const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import {from} from 'rxjs';
      const {summary} = await import(${here('../../src/sinks/summary.ts')});
      const {makeSample} = await import(${here('./make-sample.ts')});
      process.stdin.once('data', () => {
        const loss = i => ({...makeSample(i), loss: 4 ** i});
        from([0, 1, 2, 3].map(loss)).subscribe(summary());
        setTimeout(() => { console.error('alive'); process.exit(0); }, 100);
      });
      console.error('ready');`;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (said === '') {
        child.stdout.destroy();
        child.stdin.write('go\n');
      }
      said += part;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said).toBe('ready\nalive\n');
  });
});
