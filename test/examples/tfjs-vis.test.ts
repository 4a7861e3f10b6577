// @module-tag browser
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {chromium} from 'playwright-core';
import type {ViteDevServer} from 'vite';
import {createServer} from 'vite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chromiumArgs, chromiumPath} from '../chromium.js';
import {repository} from '../engine/run-source.js';

let server: ViteDevServer;
let browser: Browser;

beforeAll(async () => {
  const root = join(repository, 'examples/tfjs-vis');
  server = await createServer({
    root,
    configFile: join(root, 'vite.config.ts'),
    // Apart from what a reader's own Vite keeps.
    cacheDir: join(repository, 'out/vite-tfjs-vis'),
    logLevel: 'error',
    server: {port: 0, host: '127.0.0.1'},
  });
  await server.listen();
  browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe.each(['webgl', 'cpu'])('the page with tfjs-vis, on %s', backend => {
  it('draws the curvature from the logs, and a histogram of the eigenvalues', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', error => errors.push(error.message));
    await page.goto(`${server.resolvedUrls!.local[0]}?backend=${backend}&epochs=4`);
    await page.getByText(`Trained for 4 epochs on ${backend}.`).waitFor({timeout: 90_000});
    expect(errors).toEqual([]);
    const names = (id: string) =>
      page
        .locator(`#${id} [data-name].vega-embed`)
        .evaluateAll(charts => charts.map(chart => (chart as HTMLElement).dataset.name));
    expect(await names('training')).toEqual(['loss', 'hessian·trace', 'hessian·hidden·top', 'hessian·output·top']);
    expect(await names('history')).toEqual(['hessian·trace', 'hessian·top']);
    for (const id of ['training', 'history', 'spectrum']) {
      const charts = page.locator(`#${id} canvas, #${id} svg`);
      expect(await charts.count(), id).toBeGreaterThan(0);
      expect((await charts.first().boundingBox())!.width, id).toBeGreaterThan(100);
    }
    // Of 99 parameters, as many eigenvalues.
    expect(await page.locator('#spectrum').textContent()).toMatch(/99/);
    await page.close();
  }, 120_000);
});
