// @module-tag browser
import {readFileSync} from 'node:fs';
import Papa from 'papaparse';
import type {Page} from 'playwright-core';
import {from} from 'rxjs';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Dashboard} from '../../../src/dashboard.js';
import {dashboard} from '../../../src/dashboard.js';
import {ndjson} from '../../../src/sinks/ndjson.js';
import {sampleRows} from '../../../src/streams/to-rows.js';
import {makeSample} from '../../sinks/make-sample.js';
import {useFolder} from '../../sinks/use-folder.js';
import {drawn, expectSoon, linesOf, rowsOf, useBrowser} from './open-page.js';

const open = useBrowser();
const inFolder = useFolder();
let dash: Dashboard;
beforeEach(async () => {
  dash = await dashboard();
});
afterEach(() => dash.close());

const HOSTILE = '<img src=x onerror="document.title=`owned`">';

function send(count: number, options: Parameters<typeof makeSample>[1] = {}): ReturnType<typeof makeSample>[] {
  const samples = Array.from({length: count}, (_, i) =>
    makeSample(i, {layers: ['first', 'second', 'third'], ...options}),
  );
  for (const sample of samples) dash.next(sample);
  return samples;
}

async function saved(page: Page, press: () => Promise<void>): Promise<{name: string; bytes: Buffer}> {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  return {name: download.suggestedFilename(), bytes: readFileSync(await download.path())};
}

describe('the page', () => {
  it('escapes names', async () => {
    send(3, {run: `${HOSTILE}run`, layers: [HOSTILE, 'b']});
    send(3, {run: `${HOSTILE}other`, layers: [HOSTILE, 'b']});
    const {page, errors, elsewhere} = await open(dash.url);
    await drawn(page, 'heat');
    await drawn(page, 'spectra');
    const box = (await page.locator('[data-picture="trace"] .picture').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('[data-picture="trace"] .tip').waitFor();
    expect(await page.locator('[data-picture="trace"] .tip').textContent()).toContain(HOSTILE);
    expect(await page.getByTitle(HOSTILE).count()).toBe(1);
    expect((await rowsOf(page, 'Numbers by layer'))[1]!.slice(0, 2)).toEqual([HOSTILE, `${HOSTILE}other`]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe(`${HOSTILE}other – tfjs-hessian`);
    expect([errors, elsewhere]).toEqual([[], []]);
  });

  it('allows choosing layers with the keyboard', async () => {
    send(3);
    const {page} = await open(dash.url);
    await expectSoon(() => linesOf(page, 'top')).toBe(4);
    // From the top of the page with the Tab key only.
    const focused = () => page.evaluate(() => document.activeElement?.closest('label')?.textContent ?? '');
    for (let i = 0; i < 30 && (await focused()) !== 'second'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('second');
    await page.keyboard.press('Space');
    await expectSoon(() => linesOf(page, 'top')).toBe(3);
    expect((await rowsOf(page, 'Numbers by layer')).map(([layer]) => layer)).toEqual([
      'whole network',
      'first',
      'third',
    ]);
    await page.getByRole('button', {name: 'Show no layer'}).press('Enter');
    await expectSoon(() => page.locator('[data-picture="top"]').isVisible()).toBe(false);
    await page.getByRole('button', {name: 'Show all layers'}).press('Enter');
    await expectSoon(() => linesOf(page, 'top')).toBe(4);
  });

  it('announces the values at each moment with the arrow keys', async () => {
    const samples = send(4);
    const {page} = await open(dash.url);
    await drawn(page, 'loss');
    await page.locator('[data-picture="loss"] .picture').focus();
    const said = () => page.locator('[data-picture="loss"] .unseen').textContent();
    await page.keyboard.press('Home');
    await expectSoon(said).toBe(`step 10 · epoch 1; loss of the sample ${Number(samples[0]!.loss.toPrecision(4))}`);
    await page.keyboard.press('ArrowRight');
    await expectSoon(said).toBe(`step 20 · epoch 1; loss of the sample ${Number(samples[1]!.loss.toPrecision(4))}`);
    await page.keyboard.press('End');
    await expectSoon(said).toMatch(/^step 40 · epoch 2/);
  });

  it('zooms by dragging or typed steps, and resets the zoom', async () => {
    send(100);
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    const box = (await page.locator('[data-picture="trace"] .picture').boundingBox())!;
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 100, {steps: 4});
    await page.mouse.up();
    const first = page.getByLabel('First step shown');
    const last = page.getByLabel('Last step shown');
    await expectSoon(async () => Number(await first.inputValue())).toBeGreaterThan(300);
    expect(Number(await last.inputValue())).toBeLessThan(700);
    await expectSoon(async () => Number((await rowsOf(page, 'Numbers by layer')).length)).toBe(4);
    await page.keyboard.press('Escape');
    await expectSoon(() => first.inputValue()).toBe('10');
    await first.fill('500');
    await first.press('Enter');
    await expectSoon(() => page.getByRole('button', {name: 'All steps'}).isEnabled()).toBe(true);
    await page.getByRole('button', {name: 'All steps'}).click();
    await expectSoon(() => first.inputValue()).toBe('10');
  });

  it('saves the exact numbers, and the pictures as PNG and SVG', async () => {
    const samples = send(3, {layers: ['a, "b"', HOSTILE]});
    const {page} = await open(dash.url);
    await drawn(page, 'trace');
    const table = await saved(page, () => page.getByRole('button', {name: 'CSV'}).click());
    expect(table.name).toBe('run-1.csv');
    const rows = Papa.parse<Record<string, string>>(table.bytes.toString().trimEnd(), {header: true}).data;
    const expected = samples
      .flatMap(sampleRows)
      .map(row => Object.values(row).map(value => (value === null ? '' : String(value))));
    expect(rows.map(row => Object.values(row))).toEqual(expected);
    const png = await saved(page, () => page.getByRole('button', {name: 'Trace: save as PNG'}).click());
    expect(png.name).toBe('trace.png');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
    const svg = await saved(page, () => page.getByRole('button', {name: 'Spectra by layer: save as SVG'}).click());
    expect(svg.bytes.toString()).toMatch(/^<svg .*xmlns="http:\/\/www.w3.org\/2000\/svg".*a, "b".*<\/svg>$/s);
  });

  it('has a light and a dark theme, from the system or chosen', async () => {
    send(2);
    const {page} = await open(dash.url, {colorScheme: 'dark'});
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--paper'));
    await expectSoon(ground).toBe('#16191d');
    await page.getByRole('button', {name: 'Light or dark'}).click();
    expect(await ground()).toBe('#ffffff');
    await page.reload();
    await expectSoon(ground).toBe('#ffffff');
  });

  it('opens the file of another run, also with a torn last line, and refuses other files', async () => {
    send(3);
    const path = inFolder('other.ndjson');
    const samples = [0, 1].map(i => makeSample(i, {run: 'another', layers: ['first', 'second', 'third']}));
    from(samples).subscribe(ndjson(path));
    const text = readFileSync(path, 'utf8');
    const {page, elsewhere} = await open(dash.url);
    await expectSoon(() => linesOf(page, 'trace')).toBe(4);
    const choose = (name: string, content: string) =>
      page.getByLabel('A run to open').setInputFiles({name, mimeType: 'text/plain', buffer: Buffer.from(content)});
    await choose('other.ndjson', `${text}{"schema":1,"run":"ano`);
    await expectSoon(() => linesOf(page, 'trace')).toBe(8);
    expect(await page.getByLabel('compared with').locator('option:checked').textContent()).toBe('other.ndjson');
    await choose('notes.txt', 'hello');
    await expectSoon(() => page.getByRole('alert').textContent()).toContain('notes.txt, line 1: It is not JSON');
    expect(elsewhere).toEqual([]);
  });

  it('first shows the network and the sharpest of many layers, and finds the others', async () => {
    send(2, {layers: Array.from({length: 40}, (_, i) => `layer_${i}`)});
    const {page} = await open(dash.url);
    await expectSoon(() => linesOf(page, 'trace')).toBe(8);
    expect(await page.getByRole('group', {name: 'Layers'}).textContent()).toContain(
      '8 of 41 shown: the network, and the 7 layers with the largest eigenvalues at step 20.',
    );
    await page.getByLabel('Find a layer').fill('layer_39');
    const box = page.getByRole('group', {name: 'Layers'}).getByRole('checkbox');
    await expectSoon(() => box.count()).toBe(1);
    await box.setChecked(!(await box.isChecked()));
    await expectSoon(() => linesOf(page, 'trace')).not.toBe(8);
  });
});
