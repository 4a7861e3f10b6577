// @module-tag browser
import {readFileSync} from 'node:fs';
import type {Page} from 'playwright-core';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Dashboard} from '../../../src/dashboard.js';
import {dashboard} from '../../../src/dashboard.js';
import {onNote} from '../../../src/streams/notes-channel.js';
import type {LogsNote, TrainingNote} from '../../../src/streams/training-note.js';
import {makeSample} from '../../sinks/make-sample.js';
import {drawn, expectSoon, linesOf, useBrowser} from './open-page.js';

const open = useBrowser();
let dash: Dashboard;
beforeEach(async () => {
  dash = await dashboard();
});
afterEach(() => dash.close());

const layers = ['first', 'second', 'third'];

function send(count: number, run = 'run-1', names = layers): void {
  for (let i = 0; i < count; i++) dash.next(makeSample(i, {layers: names, run}));
}

/** The logs of an epoch of four steps. */
function logs(epoch: number): LogsNote {
  const moment = {schema: 2, run: 'run-1', kind: 'logs', time: '2026-01-01T00:00:00.000Z'} as const;
  const numbers = {
    loss: 1 / (epoch + 1),
    val_loss: 1.5 / (epoch + 1),
    acc: 0.5 + epoch / 10,
    val_acc: 0.4 + epoch / 10,
  };
  return {...moment, step: 40 * (epoch + 1), epoch, batch: null, logs: numbers, learningRate: epoch < 2 ? 0.1 : 0.01};
}

const note = (each: TrainingNote) => (dash as Dashboard & {[onNote]?(note: TrainingNote): void})[onNote]!(each);
const card = (page: Page, name: string) => page.locator(`[data-picture="${name}"]`);
const legend = (page: Page, name: string) => card(page, name).locator('.legend text').allTextContents();

describe('the pictures', () => {
  it('show what fit logs: losses, metrics and a learning rate that changes', async () => {
    send(8);
    for (const epoch of [0, 1, 2]) note(logs(epoch));
    const {page, errors} = await open(dash.url);
    await drawn(page, 'rate');
    expect(await legend(page, 'loss')).toEqual(['loss of the sample', 'loss', 'validation loss']);
    expect(await legend(page, 'metrics')).toEqual(['acc', 'validation acc']);
    expect(await linesOf(page, 'metrics')).toBe(2);
    expect(errors).toEqual([]);
  });

  it('compare four runs, each with strokes of its own, and name them in the legend', async () => {
    for (const run of ['a', 'b', 'c', 'd']) send(3, run);
    const {page} = await open(dash.url);
    await expectSoon(() => linesOf(page, 'trace')).toBe(8);
    const add = (run: string) => page.getByLabel('and', {exact: true}).locator('visible=true').last().selectOption(run);
    await add('b');
    await expectSoon(() => linesOf(page, 'trace')).toBe(12);
    await add('a');
    await expectSoon(() => linesOf(page, 'trace')).toBe(16);
    const strokes = await card(page, 'trace')
      .locator('svg [aria-label="line"]')
      .evaluateAll(all => all.map(each => /stroke-dasharray="([^"]*)"/.exec(each.outerHTML)?.[1] ?? 'solid'));
    expect(new Set(strokes).size).toBe(4);
    expect(await legend(page, 'trace')).toEqual(['whole network', ...layers, 'd', 'c', 'b', 'a']);
    await page.getByLabel('compared with').selectOption('');
    await expectSoon(() => linesOf(page, 'trace')).toBeLessThan(16);
  });

  it('compare the layers of a model that was made again, although they have other names', async () => {
    send(3, 'a', ['dense_Dense1', 'dense_Dense2']);
    send(3, 'b', ['dense_Dense3', 'dense_Dense4']);
    const {page} = await open(dash.url);
    await expectSoon(() => linesOf(page, 'trace')).toBe(6);
    expect(await legend(page, 'trace')).toEqual(['whole network', 'dense_Dense3', 'dense_Dense4', 'b', 'a']);
  });

  it('show statistics of the gradient if samples have them', async () => {
    // Every second sample has them.
    send(1);
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    expect(await card(page, 'gradient').isVisible()).toBe(false);
    dash.next(makeSample(1, {layers}));
    dash.next(makeSample(3, {layers}));
    await drawn(page, 'alpha');
    for (const name of ['gradient', 'update', 'noise']) {
      expect(await legend(page, name), name).toEqual(['whole network', ...layers]);
    }
    expect(await linesOf(page, 'gradient')).toBe(4);
    expect(await linesOf(page, 'alpha')).toBe(1);
  });

  it('tell layers apart by shapes too', async () => {
    send(3);
    const {page} = await open(dash.url);
    await drawn(page, 'top');
    const shapes = await card(page, 'top')
      .locator('svg [aria-label="dot"] path')
      .evaluateAll(all => all.map(each => each.getAttribute('d')));
    // The network and three layers.
    expect(new Set(shapes).size).toBe(4);
  });

  it('show steps, epochs or hours across, and linear or logarithmic values', async () => {
    send(8);
    for (const epoch of [0, 1]) note(logs(epoch));
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    const texts = () => card(page, 'trace').locator('svg').textContent();
    expect(await texts()).toContain('optimizer step →');
    expect(await texts()).toContain('trace (logarithmic)');
    await page.getByLabel('Across').selectOption('epoch');
    await expectSoon(texts).toContain('epochs done →');
    // Two epochs of 40 steps; the first sample is that of step 10.
    const box = (await card(page, 'trace').locator('.picture').boundingBox())!;
    await page.mouse.move(box.x + 54, box.y + 100);
    await expectSoon(() => card(page, 'trace').locator('.tip strong').textContent()).toMatch(/^step 10 /);
    await page.getByLabel('Across').selectOption('time');
    await expectSoon(texts).toContain('hours since the first sample →');
    await page.getByLabel('Values').selectOption('linear');
    await expectSoon(texts).not.toContain('(logarithmic)');
  });

  it('smooth lines on request, and show what was measured behind', async () => {
    send(20);
    const {page} = await open(dash.url);
    await drawn(page, 'loss');
    expect(await card(page, 'loss').locator('.measured').count()).toBe(0);
    await page.getByLabel('Smoothing').selectOption({label: 'half-life 5'});
    await expectSoon(() => card(page, 'loss').locator('.measured path').count()).toBe(1);
    await card(page, 'loss').locator('.picture').focus();
    await page.keyboard.press('Home');
    await expectSoon(() => card(page, 'loss').locator('.unseen').textContent()).toContain('0.3333, smoothed 0.3333');
  });

  it('are saved with title, run, axes and legend, so that they stand alone', async () => {
    send(3, 'my run');
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', {name: 'Trace: save as SVG'}).click(),
    ]);
    const svg = readFileSync(await download.path(), 'utf8');
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    for (const wanted of ['Trace', 'my run', 'trace (logarithmic)', 'optimizer step →', 'whole network', ...layers]) {
      expect(texts).toContain(wanted);
    }
  });

  it('show values where a finger taps, until it taps elsewhere', async () => {
    send(5);
    const {page} = await open(dash.url, {hasTouch: true});
    await drawn(page, 'trace');
    await card(page, 'trace')
      .locator('.picture')
      .tap({position: {x: 100, y: 100}});
    await expectSoon(() => card(page, 'trace').locator('.tip').isVisible()).toBe(true);
    expect(await card(page, 'trace').locator('.tip').textContent()).toMatch(/^step \d+/);
  });

  it('have large and small numbers with exponents', async () => {
    for (let i = 0; i < 3; i++) {
      const sample = makeSample(i, {layers});
      const trace = {value: 1.5 * 10 ** (9 + 9 * i), standardError: null, probes: 1};
      dash.next({...sample, full: {...sample.full, trace}});
    }
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    const ticks = await card(page, 'trace').locator('svg [aria-label="y-axis tick label"] text').allTextContents();
    expect(ticks.filter(text => !/^(\d+K?|0\.\d+|\de\d+)$/.test(text))).toEqual([]);
    expect(ticks.some(text => /^1e\d\d$/.test(text))).toBe(true);
  });
});

describe('the keyboard alone', () => {
  /** Presses Tab until the focused element is the wanted one. */
  async function tabTo(page: Page, isWanted: (label: string) => boolean): Promise<void> {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement | null;
        const by = at?.getAttribute('aria-labelledby') ?? '';
        const named =
          document.getElementById(by)?.textContent ?? document.querySelector(`label[for="${at?.id}"]`)?.textContent;
        return at?.getAttribute('aria-label') ?? named ?? at?.closest('label')?.textContent ?? at?.textContent ?? '';
      });
      if (isWanted(label)) return;
    }
    throw new Error('The wanted element cannot be reached with Tab.');
  }

  it('moves in the spectra from sample to sample and from layer to layer', async () => {
    send(4);
    const {page} = await open(dash.url);
    await drawn(page, 'spectra');
    await tabTo(page, label => label === 'Spectra by layer');
    const said = () => card(page, 'spectra').locator('.unseen').textContent();
    await page.keyboard.press('End');
    await expectSoon(said).toMatch(/^whole network · step 40 /);
    await page.keyboard.press('ArrowLeft');
    await expectSoon(said).toMatch(/^whole network · step 30 /);
    await page.keyboard.press('ArrowDown');
    await expectSoon(said).toMatch(/^first · step 30 /);
    await page.keyboard.press('Home');
    await expectSoon(said).toMatch(/^first · step 10 .*largest 4\.1/);
    await page.keyboard.press('ArrowUp');
    await expectSoon(said).toMatch(/^whole network · step 10 /);
  });

  it('chooses a run, axes and steps, reads the map, and zooms out', async () => {
    send(6, 'earlier');
    send(6, 'later');
    const {page} = await open(dash.url);
    await drawn(page, 'heat');
    await tabTo(page, label => label === 'run');
    await page.keyboard.press('ArrowUp');
    await expectSoon(() => page.title()).toBe('earlier – tfjs-hessian');
    await tabTo(page, label => label === 'Values');
    await page.keyboard.press('ArrowDown');
    await expectSoon(() => card(page, 'trace').locator('svg').textContent()).not.toContain('(logarithmic)');
    await tabTo(page, label => label === 'First step shown');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('70');
    await page.keyboard.press('Enter');
    await expectSoon(() => page.getByRole('alert').locator('visible=true').textContent()).toBe(
      'The first step, 70, must be less than the last one, 60.',
    );
    await page.keyboard.press('Control+A');
    await page.keyboard.type('30');
    await page.keyboard.press('Enter');
    await expectSoon(() => page.getByRole('alert').locator('visible=true').count()).toBe(0);
    await tabTo(page, label => label === 'All layers over time');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowDown');
    await expectSoon(() => card(page, 'heat').locator('.unseen').textContent()).toMatch(/^step 60; second /);
    await page.keyboard.press('Escape');
    await expectSoon(() => page.getByLabel('First step shown').inputValue()).toBe('10');
  });
});

describe('the heading', () => {
  it('says when the newest sample came and what sampling costs', async () => {
    const time = new Date(Date.now() - 40 * 60_000).toISOString();
    dash.next({...makeSample(0, {layers}), time});
    const {page} = await open(dash.url);
    const fact = (name: string) => page.locator('.facts div', {hasText: name}).locator('dd').textContent();
    await expectSoon(() => fact('Last sample')).toBe('40 min ago');
    expect(await fact('Sampling takes')).toBe('25 % of the time, 18 ms each');
  });

  it('keeps the name that the user gives a run, in the pictures too', async () => {
    send(3, 'a');
    send(3, 'b');
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    await page.getByLabel('Name of the run').fill('with warm-up');
    await page.keyboard.press('Enter');
    await expectSoon(() => legend(page, 'trace')).toContain('with warm-up');
    await page.reload();
    await expectSoon(() => page.title()).toBe('with warm-up – tfjs-hessian');
    await page.getByLabel('Name of the run').fill('');
    await page.keyboard.press('Enter');
    await expectSoon(() => page.title()).toBe('b – tfjs-hessian');
  });
});
