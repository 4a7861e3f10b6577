// @module-tag browser
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../../src/callbacks/schedules.js';
import {watchFiles} from '../../../src/dashboard/runs/watch-files.js';
import {dashboard} from '../../../src/dashboard.js';
import {ndjson} from '../../../src/sinks/ndjson.js';
import type {SampleFailure} from '../../../src/streams/hessian-sample.js';
import {useEngine} from '../../engines.js';
import {makeSample} from '../../sinks/make-sample.js';
import {useFolder} from '../../sinks/use-folder.js';
import {drawn, expectSoon, factOn, linesOf, useBrowser} from './open-page.js';

const open = useBrowser();
const inFolder = useFolder();
beforeAll(() => useEngine('native'));

describe('a training that diverges', () => {
  it('is shown live and from its file: how many samples failed, where, and why', async () => {
    const page = await dashboard();
    const path = inFolder('run.ndjson');
    const {page: live, errors} = await open(page.url);
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 3, probes: 2});
    const failed: SampleFailure[] = [];
    curvature.failures$.subscribe(failure => failed.push(failure));
    curvature.samples$.subscribe(page);
    curvature.samples$.subscribe(ndjson(path));
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [3], activation: 'relu', name: 'hidden'}),
        tfl.layers.dense({units: 1, name: 'out'}),
      ],
    });
    model.compile({optimizer: tf.train.sgd(1e5), loss: 'meanSquaredError', metrics: ['mae']});
    const x = tf.randomNormal([32, 3], 0, 1, 'float32', 1);
    const y = tf.sum(x, 1, true);
    await model.fit(x, y, {epochs: 4, batchSize: 8, verbose: 0, callbacks: [curvature]});
    expect(failed.length).toBeGreaterThan(8);
    const watched = await watchFiles(path);
    const {page: file} = await open(watched.url);
    for (const shown of [live, file]) {
      await expectSoon(() => shown.locator('.state').textContent()).toBe(
        `live · ${failed.length} of 16 samples failed, the newest at step 16`,
      );
      await expectSoon(() => factOn(shown, 'Failed samples')).toBe(String(failed.length));
      expect(await factOn(shown, 'Samples')).toBe(String(16 - failed.length));
      const panel = shown.getByRole('region', {name: 'What failed'});
      await expectSoon(() => panel.textContent()).toContain(failed.at(-1)!.error.message);
      await expectSoon(() => panel.textContent()).toContain(failed[0]!.error.message);
      await expectSoon(() => shown.locator('[data-picture="trace"] .failed > *').count()).toBe(failed.length);
      // What advise says of it.
      await expectSoon(() => shown.getByRole('region', {name: 'What the run shows'}).textContent()).toContain(
        `${failed.length} of 16 samples failed`,
      );
      await drawn(shown, 'loss');
    }
    curvature.dispose();
    await expectSoon(() => live.locator('.state').textContent()).toMatch(/^ended · /);
    expect(errors).toEqual([]);
    await watched.close();
    await page.close();
    tf.dispose([x, y]);
  });

  it('is shown also if every sample fails', async () => {
    const page = await dashboard();
    const {page: shown} = await open(page.url);
    const curvature = new HessianSpectrumCallback({
      schedule: everyBatches(1),
      batch: () => {
        throw new Error('my batch is missing');
      },
    });
    curvature.failures$.subscribe();
    curvature.samples$.subscribe(page);
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const x = tf.ones([8, 3]);
    const y = tf.ones([8, 1]);
    await model.fit(x, y, {epochs: 3, verbose: 0, callbacks: [curvature]});
    await expectSoon(() => shown.locator('.state').textContent()).toContain('3 of 3 samples failed');
    await expectSoon(() => shown.getByRole('region', {name: 'What failed'}).textContent()).toContain(
      'my batch is missing',
    );
    // The loss that fit logs is known all the same.
    await expectSoon(() => linesOf(shown, 'loss')).toBe(1);
    await page.close();
    curvature.dispose();
    tf.dispose([x, y]);
  });

  it('marks a sample whose numbers are not finite', async () => {
    const page = await dashboard();
    const {page: shown} = await open(page.url);
    page.next(makeSample(0));
    page.next({...makeSample(1), loss: Number.NaN});
    await expectSoon(() => shown.locator('.state').textContent()).toContain('1 of 2 samples failed');
    await expectSoon(() => shown.getByRole('region', {name: 'What failed'}).textContent()).toContain('loss NaN');
    page.next(makeSample(2));
    await expectSoon(() => shown.locator('.state').textContent()).not.toContain('the newest at');
    await page.close();
  });
});
