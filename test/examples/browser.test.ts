// @module-tag browser
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {chromium} from 'playwright-core';
import type {PreviewServer} from 'vite';
import {build, preview} from 'vite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chromiumArgs, chromiumPath} from '../chromium.js';
import {repository} from '../engine/run-source.js';

const root = join(repository, 'examples/browser');
const outDir = mkdtempSync(join(tmpdir(), 'tfjs-hessian-page-'));
let server: PreviewServer;
let browser: Browser;

beforeAll(async () => {
  const configFile = join(root, 'vite.config.ts');
  await build({root, configFile, logLevel: 'error', build: {outDir, emptyOutDir: true}});
  server = await preview({root, configFile, logLevel: 'error', build: {outDir}, preview: {port: 0}});
  browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(outDir, {recursive: true, force: true});
});

describe.each(['samples=page&penalty=middle', 'samples=worker'])('The page that trains on WebGL, with %s', choices => {
  it('draws spectra, traces and largest eigenvalues during training, without errors', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', error => complaints.push(error.message));
    page.on('console', message => {
      const text = message.text();
      // In software, WebGL is slow, and the callback says so.
      const isOnCost = /^tfjs-hessian: The spectra of .* take about \d+ s/.test(text);
      if (['error', 'warning'].includes(message.type()) && !isOnCost) complaints.push(text);
    });
    await page.goto(`${server.resolvedUrls!.local[0]}?${choices}&epochs=1&images=128&every=1`);
    await page.getByText('Done.').waitFor({timeout: 170_000});
    expect(complaints).toEqual([]);
    expect(await page.getByRole('status').textContent()).toMatch(/^Epoch 1 of 1: loss \d\.\d+, accuracy 0\.\d+/);
    const names = ['whole network', 'conv_6', 'conv_12', 'dense_24', 'dense_10'];
    for (const name of names)
      await page.locator('#spectra svg').getByText(name, {exact: true}).waitFor({timeout: 1000});
    for (const id of ['trace', 'top']) {
      const lines = page.locator(`#${id} [aria-label=line] path`);
      expect(await lines.count(), id).toBe(names.length);
    }
    await page.close();
  }, 180_000);
});
