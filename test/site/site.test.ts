// @module-tag browser
import {existsSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import {io} from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import axe from 'axe-core';
import {parseHTML} from 'linkedom';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';
import {chromium} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {writtenPages} from '../../site/published.js';
import {watchFiles} from '../../src/dashboard/runs/watch-files.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {chromiumArgs, chromiumPath} from '../chromium.js';
import type {BuiltSite} from './built-site.js';
import {builtSite} from './built-site.js';

let site: BuiltSite;
let browser: Browser;

beforeAll(async () => {
  site = await builtSite();
  browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

/** Opens a page of the site, and collects its errors and its requests to other servers. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<{page: Page; troubles: string[]}> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', error => troubles.push(error.message));
  page.on('console', message => message.type() === 'error' && troubles.push(message.text()));
  page.on('request', request => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(site.url)) troubles.push(request.url());
  });
  const isOwn = !path.startsWith('http');
  await page.goto(isOwn ? site.url + path : path, {waitUntil: 'load'});
  if (isOwn) await page.locator('#app .Layout').waitFor();
  return {page, troubles};
}

/** What axe finds wrong with a page. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const found = await (window as unknown as {axe: typeof import('axe-core')}).axe.run();
    return found.violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`));
  });
}

describe('the site', () => {
  const documents = new Map<string, Document>();
  const documentOf = (path: string) => {
    const known = documents.get(path) ?? parseHTML(readFileSync(join(site.folder, path), 'utf8')).document;
    documents.set(path, known);
    return known;
  };

  it('has every page of the documentation and of the API', () => {
    const urls = new Set(site.pages);
    for (const page of writtenPages()) {
      const [, title] = /^# (.+)$/m.exec(readFileSync(page, 'utf8'))!;
      const isThere = [...urls].some(url =>
        documentOf(url).querySelector('h1')?.textContent.includes(title!.replaceAll('`', '')),
      );
      expect(isThere, page).toBe(true);
    }
    expect(urls).toContain('api/index/classes/HessianSpectrumCallback.html');
    expect(urls).toContain('api/estimators/index.html');
  });

  it('has links only to pages and headings that exist', () => {
    const broken = site.pages.flatMap(path =>
      [...documentOf(path).querySelectorAll('main a[href], aside a[href], header a[href]')].flatMap(link => {
        const href = link.getAttribute('href')!;
        if (/^[a-z]+:/i.test(href)) return [];
        const {pathname, hash} = new URL(href, `http://site/${path}`);
        const target = decodeURI(pathname.endsWith('/') ? `${pathname}index.html` : pathname).slice(1);
        const file = posix.normalize(target);
        if (!existsSync(join(site.folder, file))) return [`${path}: ${href}`];
        if (hash === '' || !file.endsWith('.html')) return [];
        return documentOf(file).getElementById(decodeURIComponent(hash.slice(1))) ? [] : [`${path}: ${href}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('finds pages by a word in them, without a server', async () => {
    const {page, troubles} = await open('');
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('Hutchinson');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    expect(await page.locator('.VPLocalSearchBox .result').count()).toBeGreaterThan(2);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  describe.each([
    ['the landing page', ''],
    ['a page of the documentation', 'docs/concepts/trace.html'],
    ['a page of the API', 'api/index/classes/HessianSpectrumCallback.html'],
    ['the playground', 'playground.html'],
  ])('%s', (_, path) => {
    it.each(['light', 'dark'] as const)('has nothing that axe finds wrong, in %s', async colorScheme => {
      const {page, troubles} = await open(path, {colorScheme, viewport: {width: 1440, height: 900}});
      expect(await violations(page)).toEqual([]);
      expect(troubles).toEqual([]);
      await page.context().close();
    });

    it.each([390, 1024])('fits on a page of %i pixels, where axe finds nothing wrong either', async width => {
      const {page, troubles} = await open(path, {viewport: {width, height: 844}});
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await violations(page)).toEqual([]);
      expect(troubles).toEqual([]);
      await page.context().close();
    });
  });
});

describe('the playground', () => {
  /** The number behind a name above the pictures, without its error. */
  const fact = async (page: Page, name: string) => {
    const text = await page
      .locator('.facts > div')
      .filter({has: page.getByText(name, {exact: true})})
      .locator('dd')
      .textContent();
    return Number.parseFloat(text!.replaceAll(',', '').replace('−', '-'));
  };
  const slide = (page: Page, id: string, value: number) => page.locator(`#${id}`).fill(String(value));

  it('sharpens the minimum with a lower learning rate, and flattens it with a penalty', async () => {
    const {page, troubles} = await open('playground.html#data=spirals&rate=0.5&every=20');
    const top = () => fact(page, 'Largest eigenvalue');
    const steps = () => fact(page, 'Step');
    await expect.poll(steps, {timeout: 240_000, interval: 500}).toBeGreaterThan(300);
    const before = {top: await top(), trace: await fact(page, 'Trace')};
    // Along the edge of stability the largest eigenvalue is about 2 / learning rate, here 4.
    expect(before.top).toBeGreaterThan(3);
    expect(before.top).toBeLessThan(6);
    await slide(page, 'rate', -0.75);
    await expect.poll(top, {timeout: 240_000, interval: 500}).toBeGreaterThan(1.5 * before.top);
    const sharp = {top: await top(), trace: await fact(page, 'Trace')};
    await slide(page, 'strength', -2.5);
    await expect.poll(top, {timeout: 240_000, interval: 500}).toBeLessThan(sharp.top / 2);
    await expect.poll(() => fact(page, 'Trace'), {timeout: 240_000, interval: 500}).toBeLessThan(sharp.trace / 2);
    expect(troubles).toEqual([]);
    expect(await page.getByRole('alert').isVisible()).toBe(false);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', {name: 'Save the run'}).click(),
    ]);
    const file = join(site.folder, download.suggestedFilename());
    await download.saveAs(file);
    const samples: HessianSample[] = [];
    for await (const sample of readSamples(file)) samples.push(sample);
    expect(samples.length).toBeGreaterThan(10);
    const tops = samples.map(({full}) => full.largest[0]!.value);
    expect(Math.max(...tops)).toBeGreaterThan(1.5 * before.top);
    expect(samples.map(({index}) => index)).toEqual(samples.map((_, i) => i));
    await page.context().close();

    const watch = await watchFiles(file);
    const {page: watched} = await open(watch.url);
    await expect.poll(() => fact(watched, 'Samples'), {timeout: 60_000}).toBe(samples.length);
    await watched.context().close();
    await watch.close();
  }, 900_000);

  const text = (page: Page, selector: string) => page.locator(selector).textContent();
  const engine = (page: Page) => text(page, '.facts > div:last-child dd');
  const hasSample = (page: Page) =>
    expect.poll(() => fact(page, 'Largest eigenvalue'), {timeout: 240_000, interval: 500}).toBeGreaterThan(0);
  /** Puts a script before that of the worker. */
  const prepareWorker = (page: Page, script: string) =>
    page.route('**/worker-*.js', async route => {
      const response = await route.fetch();
      await route.fulfill({response, body: `${script}\n${await response.text()}`});
    });

  it('fetches what draws once the training has begun, and TensorFlow.js only in its worker', async () => {
    // Sentences of TensorFlow.js and of Observable Plot.
    const [engines, plot] = ['Cannot find a connection between any variable', 'unknown scale type'];
    const {page, troubles} = await open('');
    let begin!: () => void;
    const begun = new Promise<void>(resolve => {
      begin = resolve;
    });
    await page.route('**/worker-*.js', async route => {
      await begun;
      await route.continue();
    });
    await page.goto(`${site.url}playground.html`);
    await page.locator('.state').getByText('Starting').waitFor();
    /** The scripts of the page itself. */
    const scripts = async () => {
      const urls = await page.evaluate(() => performance.getEntriesByType('resource').map(({name}) => name));
      return urls
        .map(url => new URL(url).pathname)
        .filter(path => /^\/assets\/(?!worker-).*(?<!\.md\.[\w-]+)\.js$/.test(path))
        .map(path => readFileSync(join(site.folder, path), 'utf8'));
    };
    const first = await scripts();
    expect(first.filter(text => text.includes(plot) || text.includes(engines))).toEqual([]);
    const size = first.reduce((sum, text) => sum + text.length, 0);
    expect(size).toBeGreaterThan(150_000);
    expect(size).toBeLessThan(220_000);

    begin();
    await page.locator('[data-picture="top"] svg').waitFor({timeout: 240_000});
    const all = await scripts();
    expect(all.some(text => text.includes(plot))).toBe(true);
    expect(all.some(text => text.includes(engines))).toBe(false);
    const [worker] = page.workers();
    expect(readFileSync(join(site.folder, new URL(worker!.url()).pathname), 'utf8')).toContain(engines);
    expect(troubles).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('trains on the processor where graphics are computed in software, says so, and explains an engine that it does not know', async () => {
    const {page, troubles} = await open('playground.html?engine=cuda');
    await hasSample(page);
    expect(await engine(page)).toBe('WebAssembly');
    const notes = await text(page, '.notes');
    expect(notes).toContain('engine=cuda, which must be one of auto, webgpu, webgl, wasm, cpu');
    expect(notes).toContain('WebGL is not used: it is computed in software here (SwiftShader).');
    expect(await page.locator('#engine').inputValue()).toBe('auto');
    expect(troubles).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('trains on WebGL where the address says so, and begins again on the next engine when its context is lost', async () => {
    const {page, troubles} = await open('');
    await prepareWorker(
      page,
      `self.contexts = [];
      const {getContext} = OffscreenCanvas.prototype;
      OffscreenCanvas.prototype.getContext = function (...args) {
        const context = getContext.apply(this, args);
        self.contexts.push(context);
        return context;
      };`,
    );
    await page.goto(`${site.url}playground.html?engine=webgl#rows=12&every=1`);
    await hasSample(page);
    expect(await engine(page)).toBe('WebGL');
    expect(await text(page, '.notes')).toBe('WebGL is slow: it is computed in software here (SwiftShader).');
    expect(await page.getByRole('alert').isVisible()).toBe(false);

    await page.workers()[0]!.evaluate(() => {
      const {contexts} = globalThis as unknown as {contexts: WebGL2RenderingContext[]};
      for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await expect.poll(() => engine(page), {timeout: 120_000}).toBe('WebAssembly');
    await hasSample(page);
    expect(await text(page, '.notes')).toContain('WebGL is not used: the browser has taken its graphics context away.');
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    expect(troubles).toEqual([]);
    await page.context().close();
  }, 600_000);

  it('does not train on a WebGL whose numbers have 16 bits', async () => {
    const {page, troubles} = await open('');
    // Without this extension TensorFlow.js computes in 16 bits.
    await prepareWorker(
      page,
      `const {getExtension} = WebGL2RenderingContext.prototype;
      WebGL2RenderingContext.prototype.getExtension = function (name) {
        return name === 'EXT_color_buffer_float' ? null : getExtension.call(this, name);
      };`,
    );
    await page.goto(`${site.url}playground.html?engine=webgl`);
    await hasSample(page);
    expect(await engine(page)).toBe('WebAssembly');
    expect(await text(page, '.notes')).toMatch(/^WebGL is not used: WebGL computes with 16-bit numbers here/);
    expect(troubles).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('keeps its settings in the address', async () => {
    const {page} = await open('playground.html');
    await slide(page, 'rate', -2);
    await slide(page, 'strength', -3);
    await page.getByLabel('Optimizer').selectOption('adam');
    await page.locator('#layers').selectOption('middle');
    const address = page.url();
    const {page: another} = await open(address.slice(site.url.length));
    await another.locator('.controls').waitFor();
    const shown = (of: Page) =>
      of.evaluate(() => [
        ...[...document.querySelectorAll('.slider output')].map(output => output.textContent),
        ...['optimizer', 'layers', 'data'].map(id => (document.getElementById(id) as HTMLSelectElement).value),
      ]);
    expect(await shown(another)).toEqual(['0.01', '0.001', 'adam', 'middle', 'spirals']);
    expect(await shown(page)).toEqual(await shown(another));
    await page.context().close();
    await another.context().close();
  });

  it('trains a model and data of the user’s own, and computes the loss around it', async () => {
    const model = sequential({
      layers: [layers.dense({name: 'mine', units: 2, inputShape: [3], activation: 'softmax'})],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    let saved: io.ModelArtifacts | undefined;
    await model.save(
      io.withSaveHandler(async artifacts => {
        saved = artifacts;
        return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
      }),
    );
    const {weightData, weightSpecs, ...rest} = saved!;
    const manifest = {...rest, weightsManifest: [{paths: ['weights.bin'], weights: weightSpecs}]};
    const {page} = await open('playground.html#data=own&every=5&rows=8');
    const buffer = (text: string) => Buffer.from(text);
    await page.locator('#own-model').setInputFiles([
      {name: 'model.json', mimeType: 'application/json', buffer: buffer(JSON.stringify(manifest))},
      {name: 'weights.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(weightData as ArrayBuffer)},
    ]);
    await page.locator('#own-loss').fill('categorical_crossentropy');
    const rows = Array.from({length: 10}, (_, i) => `${i % 3},${i % 2},${i % 5},${i % 2},${1 - (i % 2)}`);
    await page.locator('#own-data').setInputFiles({
      ...{name: 'data.csv', mimeType: 'text/csv'},
      buffer: buffer(`a,b,c,y0,y1\n${rows.join('\n')}\n`),
    });
    await expect.poll(() => fact(page, 'Largest eigenvalue'), {timeout: 120_000, interval: 500}).toBeGreaterThan(0);
    expect(await page.locator('.state').textContent()).toBe('Training 8 parameters on 8 rows.');
    await page.getByRole('button', {name: 'Compute'}).click();
    const said = page.locator('.surface [role=status]');
    await expect
      .poll(() => said.textContent(), {timeout: 120_000})
      .toMatch(/^Step \d+, along the top two eigenvectors/);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  }, 300_000);
});
