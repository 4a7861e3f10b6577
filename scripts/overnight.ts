// Simulates a training overnight: sends many samples of many layers to the dashboard while a browser shows it, and measures the
// memory of both, and how long the newest sample takes to the screen. Uses the built package if there is one.
//
//   npx tsx scripts/overnight.ts [--samples 100000] [--layers 20]
import {existsSync} from 'node:fs';
import {setTimeout as pause, setImmediate as turn} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {chromium} from 'playwright-core';
import type {BlockSpectrum} from '../src/metrics/records.js';
import type {HessianSample} from '../src/streams/hessian-sample.js';
import {chromiumArgs, chromiumPath} from '../test/chromium.js';

const {values: options} = parseArgs({
  options: {samples: {type: 'string', default: '100000'}, layers: {type: 'string', default: '20'}},
});
const count = Number(options.samples);
const layerCount = Number(options.layers);
const LOOKS = 12;

const built = new URL('../dist/dashboard.js', import.meta.url);
const isBuilt = existsSync(fileURLToPath(built));
const {dashboard} = (await import(
  isBuilt ? built.href : '../src/dashboard.js'
)) as typeof import('../src/dashboard.js');

/** A block whose numbers drift and waver; 20 Lanczos steps, two probes. */
function block(i: number, k: number): BlockSpectrum {
  const top = 1 + 50 * Math.exp(-i / 20_000) * (1 + 0.3 * Math.sin(i * (k + 1)));
  const nodes = Array.from({length: 20}, (_, j) => (top * (j - 4)) / 15);
  const weights = nodes.map((_, j) => (j === 4 ? 0.81 : 0.01));
  const estimate = (value: number) => ({value, standardError: value / 17, probes: 2});
  return {
    parameters: 1000 * (k + 1),
    trace: estimate(3 * top),
    frobenius: estimate(1.3 * top),
    largest: [{value: top, residual: top / 1000}],
    smallest: [{value: -top / 4, residual: top / 1000}],
    density: {nodes: [nodes, nodes], weights: [weights, weights]},
    negativeMass: estimate(0.1),
  };
}

function sampleAt(i: number): HessianSample {
  const layers = Array.from({length: layerCount}, (_, k) => ({
    ...{...block(i, k + 1), name: `block_${k}/conv2d`, index: k, className: 'Conv2D'},
    similarity: {wasserstein: 0.1 + (k % 7) / 30, jensenShannon: 0.2},
  }));
  return {
    ...{schema: 2, run: 'overnight', index: i, epoch: Math.floor(i / 500), batch: i % 500, step: i + 1},
    ...{time: new Date().toISOString(), loss: 2 / (1 + i / 1000), batchSize: 32, learningRate: 0.1},
    ...{full: block(i, 0), layers, weightNorms: Object.fromEntries(layers.map(({name}) => [name, 1]))},
    stability: {
      ...{optimizer: 'SGD', sharpness: 10, threshold: 20, ratio: 0.5, residual: 0.01, isPreconditioned: false},
    },
    cost: {gradientPasses: 40, milliseconds: 200, shareOfTraining: 0.1, skipped: 0},
  };
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

const page = await dashboard();
page.next(sampleAt(0));
const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
const shown = await browser.newPage({viewport: {width: 1440, height: 1000}});
await shown.goto(page.url);
await shown.locator('[data-picture="trace"] .picture svg').waitFor();
const client = await shown.context().newCDPSession(shown);
await client.send('Performance.enable');
const before = process.memoryUsage().rss;
let most = before;
for (let i = 1; i < count; i++) {
  page.next(sampleAt(i));
  if (i % 50 !== 0) continue;
  // As between the steps of a training.
  await turn();
  most = Math.max(most, process.memoryUsage().rss);
}
await pause(3000);

/** The time until the table and the pictures show a new sample, in milliseconds. */
async function delayOf(i: number): Promise<number> {
  const seen = shown.waitForFunction(
    wanted => {
      const [caption] = document.querySelectorAll('.tables caption');
      return caption?.textContent?.includes(`at step ${wanted};`);
    },
    i + 1,
    {polling: 20},
  );
  await pause(200);
  const began = performance.now();
  page.next(sampleAt(i));
  await seen;
  return performance.now() - began;
}
const delays: number[] = [];
for (let i = count; i < count + LOOKS; i++) delays.push(await delayOf(i));
const {metrics} = await client.send('Performance.getMetrics');
const heap = metrics.find(({name}) => name === 'JSHeapUsedSize')!.value;
const total = metrics.find(({name}) => name === 'JSHeapTotalSize')!.value;
const sorted = delays.toSorted((a, b) => a - b);
console.log(
  [
    `${count.toLocaleString('en')} samples of ${layerCount} layers, ${isBuilt ? 'the built package' : 'from the sources, with the bundler in the process'}`,
    `process: ${megabytes(before)} with an empty page, ${megabytes(most)} at most, ${megabytes(process.memoryUsage().rss)} at the end`,
    `page: heap ${megabytes(heap)} in use of ${megabytes(total)}`,
    `newest sample on the screen after ${Math.round(sorted[LOOKS / 2]!)} ms (median of ${LOOKS}), ${Math.round(sorted.at(-1)!)} ms at most`,
  ].join('\n'),
);
await browser.close();
await page.close();
