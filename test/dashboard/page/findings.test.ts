// @module-tag browser
import axe from 'axe-core';
import type {Page} from 'playwright-core';
import {from} from 'rxjs';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {advise} from '../../../src/advice/advise.js';
import {watchFiles} from '../../../src/dashboard/runs/watch-files.js';
import type {Dashboard} from '../../../src/dashboard.js';
import {dashboard} from '../../../src/dashboard.js';
import {ndjson} from '../../../src/sinks/ndjson.js';
import type {HessianSample} from '../../../src/streams/hessian-sample.js';
import {HOSTILE, makeSample} from '../../sinks/make-sample.js';
import {useFolder} from '../../sinks/use-folder.js';
import {expectSoon, useBrowser} from './open-page.js';

const open = useBrowser();
const inFolder = useFolder();
let dash: Dashboard;
beforeEach(async () => {
  dash = await dashboard();
});
afterEach(() => dash.close());

/** A sample in which nothing stands out, or one whose second layer is dead. */
function sampleOf(
  index: number,
  {isDead = false, layers = ['first', 'second', 'third'], run = 'run-1'} = {},
): HessianSample {
  const {noStability: _, ...sample} = makeSample(index, {layers, run});
  const full = {...sample.full, trace: {value: 14, standardError: 0.5, probes: 8}};
  const zero = {value: 0, standardError: 0, probes: 8};
  const dead = {trace: zero, frobenius: zero, largest: [{value: 0, residual: 0}], smallest: [{value: 0, residual: 0}]};
  return {
    ...sample,
    full,
    learningRate: 0.1,
    stability: null,
    layers: sample.layers.map((layer, i) => (i === 1 && isDead ? {...layer, ...dead} : layer)),
  };
}

/** Samples of a run that diverges, with a dead layer: findings of several levels. */
function faulty(count: number, layers = ['first', 'second', 'third']): HessianSample[] {
  return Array.from({length: count}, (_, i) => {
    const sample = sampleOf(i, {isDead: true, layers});
    const trace = {value: 14, standardError: 10, probes: 2};
    return {...sample, loss: 0.5 * 1.6 ** i, full: {...sample.full, trace}};
  });
}

const panel = (page: Page) => page.getByRole('region', {name: 'What the run shows'});
const texts = (page: Page) => panel(page).locator('.what').allTextContents();

/** What axe finds wrong with a page. */
async function violations(page: Page): Promise<string[]> {
  // Unlike a script element, this is not subject to the page's Content-Security-Policy.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const found = await (window as unknown as {axe: typeof import('axe-core')}).axe.run();
    return found.violations.flatMap(({id, nodes}) =>
      nodes.map(({html, failureSummary}) => `${id}: ${html} ${failureSummary}`),
    );
  });
}

describe('the findings on the page', () => {
  it('are those of advise, in its order, each with its level in words, what to try and its numbers', async () => {
    const samples = faulty(8);
    for (const sample of samples) dash.next(sample);
    const findings = advise(samples);
    expect(findings.map(({level}) => level)).toEqual(expect.arrayContaining(['act', 'look']));
    const {page} = await open(dash.url);
    const rows = panel(page).getByRole('listitem');
    await expectSoon(() => rows.count()).toBe(findings.length);
    const shown = await rows.evaluateAll(all => all.map(row => row.textContent!.replaceAll('−', '-')));
    for (const [i, {level, text, tryThis, evidence}] of findings.entries()) {
      const [row] = shown.splice(0, 1);
      expect(row!.toLowerCase(), `row ${i}`).toContain(level);
      for (const part of [text, tryThis]) expect(row).toContain(part);
      for (const value of Object.values(evidence)) expect(row).toContain(String(Number(value.toPrecision(4))));
    }
  });

  it('come, change and are announced as samples come; until then there is nothing to report', async () => {
    dash.next(sampleOf(0));
    const {page} = await open(dash.url);
    await panel(page).getByText('Nothing to report').waitFor();
    const said = () => panel(page).getByRole('status').textContent();
    expect(await said()).toBe('');
    dash.next(sampleOf(1, {isDead: true}));
    await expectSoon(() => texts(page)).toEqual([expect.stringMatching(/^second does not learn.*since step 20/)]);
    await expectSoon(said).toMatch(/^New finding, Act: .*second/);
    expect(await panel(page).getByText('Nothing to report').isVisible()).toBe(false);
    // The row is the same element, so that what is selected stays so.
    await page.locator('.finding').evaluate(row => {
      (row as HTMLElement & {mark: boolean}).mark = true;
    });
    dash.next(sampleOf(2, {isDead: true}));
    await expectSoon(() => panel(page).getByText('zero samples 2').count()).toBe(1);
    expect(await page.locator('.finding').evaluate(row => (row as HTMLElement & {mark: boolean}).mark)).toBe(true);
    dash.next(sampleOf(3));
    await panel(page).getByText('Nothing to report').waitFor();
  });

  it('are those of the chosen run', async () => {
    for (const sample of faulty(4)) dash.next(sample);
    dash.next(sampleOf(0, {run: 'run-2'}));
    const {page} = await open(dash.url);
    await panel(page).getByText('Nothing to report').waitFor();
    await page.getByLabel('run', {exact: true}).selectOption('run-1');
    await expectSoon(async () => (await texts(page)).length).toBeGreaterThan(1);
    expect(await panel(page).locator('.caption').textContent()).toMatch(/^run-1: .*4 samples/);
  });

  it('are shown for the file of a run, and for a file that is opened on the page', async () => {
    const path = inFolder('run.ndjson');
    const samples = faulty(5);
    from(samples).subscribe(ndjson(path));
    const watched = await watchFiles(path);
    try {
      const {page} = await open(watched.url);
      const expected = advise(samples).map(({text}) => text);
      await expectSoon(async () => (await texts(page)).map(text => text.replaceAll('−', '-'))).toEqual(expected);
    } finally {
      await watched.close();
    }
    const {page, elsewhere} = await open(dash.url);
    await page.getByLabel('A run to open').setInputFiles(path);
    await expectSoon(async () => (await texts(page)).length).toBe(advise(samples).length);
    expect(elsewhere).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('are accessible with the whole page, in %s', async colorScheme => {
    for (const sample of faulty(8, ['first', HOSTILE, 'third'])) dash.next(sample);
    const {page, errors} = await open(dash.url, {colorScheme});
    await panel(page).waitFor();
    await page.locator('[data-picture="loss"] .picture svg').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it.each([1440, 1024, 390])('fit into a page of %d pixels, above the pictures', async width => {
    for (const sample of faulty(8, ['first', 'a_name_without_a_break_'.repeat(12), 'third'])) dash.next(sample);
    const {page} = await open(dash.url);
    await page.setViewportSize({width, height: 900});
    await page.locator('[data-picture="loss"] .picture svg').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const boxes = await page
      .locator('.findings, .finding *')
      .evaluateAll(all => all.map(each => each.getBoundingClientRect().right));
    expect(Math.max(...boxes)).toBeLessThanOrEqual(width);
    const top = (selector: string) => page.locator(selector).evaluate(each => each.getBoundingClientRect().top);
    expect(await top('.findings')).toBeLessThan(await top('[data-picture="spectra"]'));
  });
});

describe('the edge of stability on the page', () => {
  it('says why it is not known, and is left out for samples that say nothing', async () => {
    const {page} = await open(dash.url);
    dash.next(sampleOf(0));
    const edge = page.locator('[data-picture="edge"]');
    await expectSoon(() => page.locator('[data-picture="trace"]').isVisible()).toBe(true);
    expect(await edge.isVisible()).toBe(false);
    dash.next({...sampleOf(1), noStability: 'Mine has no rule; call registerOptimizer.'});
    await expectSoon(() => edge.textContent()).toContain('It is not known: Mine has no rule; call registerOptimizer.');
    expect(await edge.isVisible()).toBe(true);
    dash.next(makeSample(3));
    await expectSoon(() => edge.textContent()).not.toContain('not known');
  });
});
