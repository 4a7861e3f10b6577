// @module-tag browser
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import {dashboard} from '../../src/dashboard.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {useEngine} from '../engines.js';
import {makeSample} from '../sinks/make-sample.js';
import {cuttable} from './cuttable.js';
import {drawn, expectSoon, factOn, linesOf, rowsOf, samplesOn, useBrowser} from './page/open-page.js';

const open = useBrowser();
beforeAll(() => useEngine('native'));

function model(): tfl.Sequential {
  const made = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, inputShape: [3], activation: 'tanh', name: 'first'}),
      tfl.layers.dense({units: 4, activation: 'tanh', name: 'second'}),
      tfl.layers.dense({units: 2, activation: 'softmax', name: 'last'}),
    ],
  });
  made.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  return made;
}

describe('a training on the page', () => {
  it('is shown from the first sample to the last, with its penalty, without requests to other servers', async () => {
    await using page = await disposable();
    const {page: shown, elsewhere, errors} = await open(page.url);
    await shown.getByText('Waiting for the first sample').waitFor();
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 5, probes: 2});
    const samples: HessianSample[] = [];
    curvature.samples$.subscribe(sample => samples.push(sample));
    curvature.samples$.subscribe(page);
    const trained = model();
    const attached = attachRegularizer(trained, new HessianTraceRegularizer({strength: 1e-2}));
    attached.penalty$.subscribe(page.penalty);
    const x = tf.randomNormal([24, 3], 0, 1, 'float32', 1);
    const y = tf
      .oneHot(
        tf.tensor1d(
          Array.from({length: 24}, (_, i) => i % 2),
          'int32',
        ),
        2,
      )
      .toFloat();
    await trained.fit(x, y, {epochs: 1, batchSize: 4, verbose: 0, callbacks: [curvature]});
    await expectSoon(() => samplesOn(shown)).toEqual([0, 1, 2, 3, 4, 5]);
    await expectSoon(() => shown.locator('.state').textContent()).toBe('live');
    await trained.fit(x, y, {epochs: 1, batchSize: 4, verbose: 0, callbacks: [curvature]});
    curvature.dispose();
    await expectSoon(() => samplesOn(shown)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    await expectSoon(() => shown.locator('.state').textContent()).toBe('ended');
    for (const picture of ['spectra', 'trace', 'top', 'similarity', 'heat', 'edge', 'loss', 'penalty']) {
      await drawn(shown, picture);
    }
    const newest = samples.at(-1)!;
    await expectSoon(() => factOn(shown, 'Step')).toBe(String(newest.step));
    const row = (at: number) => rowsOf(shown, 'Numbers by layer').then(rows => rows[at] ?? []);
    for (const [at, name] of ['whole network', 'first', 'second', 'last'].entries()) {
      await expectSoon(async () => (await row(at))[0]).toBe(name);
    }
    // Shown with two digits of its error.
    const {value, standardError} = newest.layers[0]!.trace;
    const off = async () => Math.abs(Number.parseFloat(((await row(1))[4] ?? '').replace('−', '-')) - value);
    await expectSoon(off).toBeLessThanOrEqual(0.06 * Math.max(Math.abs(value), standardError!));
    // The text for screen readers.
    await expectSoon(() => shown.locator('#newest').textContent()).toMatch(
      /^Sample \d: epoch 1, step \d+, loss [\d.]+, trace/,
    );
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
    tf.dispose([x, y]);
  });

  it('continues after a lost connection: no sample is missing, none is shown twice', async () => {
    await using page = await disposable();
    const way = await cuttable(page.url);
    const {page: shown} = await open(way.url);
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++) page.next(makeSample(i));
    };
    send(0, 3);
    await expectSoon(() => samplesOn(shown)).toEqual([0, 1, 2]);
    way.cut();
    await expectSoon(() => shown.locator('.state').textContent()).toContain('connection lost');
    send(3, 7);
    way.mend();
    await expectSoon(() => shown.locator('.state').textContent()).toBe('live');
    send(7, 9);
    await expectSoon(() => samplesOn(shown)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await expectSoon(() => factOn(shown, 'Samples')).toBe('9');
    way.close();
  });

  it('stays on the page after the training has ended', async () => {
    const page = await dashboard();
    page.next(makeSample(0));
    const {page: shown} = await open(page.url);
    await drawn(shown, 'trace');
    await page.close();
    await expectSoon(() => shown.locator('.state').textContent()).toContain('connection lost');
    await drawn(shown, 'trace');
    expect(await samplesOn(shown)).toEqual([0]);
  });

  it('is compared with the run before it', async () => {
    await using page = await disposable();
    const {page: shown} = await open(page.url);
    for (const run of ['plain', 'penalized'])
      for (let i = 0; i < 4; i++) page.next(makeSample(i, {run, layers: ['a', 'b']}));
    await expectSoon(() => shown.getByLabel('run', {exact: true}).inputValue()).toBe('penalized');
    await expectSoon(() => shown.getByLabel('compared with').inputValue()).toBe('plain');
    // The network and two layers of two runs.
    await expectSoon(() => linesOf(shown, 'trace')).toBe(6);
    await shown.getByLabel('compared with').selectOption({label: 'none'});
    await expectSoon(() => linesOf(shown, 'trace')).toBe(3);
  });
});

async function disposable() {
  const page = await dashboard({port: 0});
  return {...page, [Symbol.asyncDispose]: () => page.close()};
}
