// Makes the pictures of the dashboard: a CNN learns MNIST with a penalty on the traces of its middle layers, and a browser shows
// the page.
//
//   npx tsx scripts/screenshots.ts [--out docs/pictures]
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {chromium} from 'playwright-core';
import {attachRegularizer, everyBatches, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';
import {dashboard} from 'tfjs-hessian/dashboard';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../examples/mnist/data.js';
import {cnn} from '../examples/mnist/networks.js';
import {chromiumArgs, chromiumPath} from '../test/chromium.js';

const {values: options} = parseArgs({
  options: {out: {type: 'string', default: fileURLToPath(new URL('../docs/pictures', import.meta.url))}},
});
mkdirSync(options.out, {recursive: true});

const {tf} = await loadTensorFlow();
const {train} = readMnist(tf, {training: 7680, test: 1});
const watched = {x: train.x.slice(0, 256), y: train.y.slice(0, 256)};

const page = await dashboard();
const curvature = new HessianSpectrumCallback({schedule: everyBatches(6), batch: watched, steps: 12, probes: 6});
curvature.samples$.subscribe(page);
const model = cnn.build(tf);
const {penalty$} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
penalty$.subscribe(page.penalty);
await model.fit(train.x, train.y, {epochs: 3, batchSize: 128, shuffle: false, verbose: 0, callbacks: [curvature]});

const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
for (const colorScheme of ['light', 'dark'] as const) {
  const shown = await browser.newPage({colorScheme, viewport: {width: 1440, height: 1000}});
  await shown.goto(page.url);
  const last = shown.locator('[data-picture="edge"]');
  await last.locator('.picture svg').waitFor();
  const {y, height} = (await last.boundingBox())!;
  const path = join(options.out, `dashboard-${colorScheme}.png`);
  await shown.screenshot({path, fullPage: true, clip: {x: 0, y: 0, width: 1440, height: Math.ceil(y + height + 8)}});
  console.log(path);
}
await browser.close();
curvature.dispose();
await page.close();
