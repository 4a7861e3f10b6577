// Simulates a training overnight: sends many samples of many layers to the page while a browser shows it, and measures the memory of the process that
// trains and serves the page, the heap of the page, how long the training waits for a sample, and how long the newest sample takes to the screen.
//
//   npm run build && npx tsx scripts/overnight.ts [--samples 100000] [--layers 20]
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {measureOvernight} from './overnight/measure.js';

const {values: options} = parseArgs({
  options: {samples: {type: 'string', default: '100000'}, layers: {type: 'string', default: '20'}},
});
const [samples, layers] = [Number(options.samples), Number(options.layers)];
const built = new URL('../dist/dashboard.js', import.meta.url);
// The sources need the bundler in the process of the page.
const isBuilt = existsSync(fileURLToPath(built));
const module = isBuilt ? built.href : new URL('../src/dashboard.ts', import.meta.url).href;

const figures = await measureOvernight({samples, layers, looks: 12, timed: 200, module}, done => {
  if (done % 10_000 === 0) console.log(`${done.toLocaleString('en')} samples`);
});

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const milliseconds = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  const [median, most] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  return `${median.toPrecision(3)} ms (median of ${times.length}), ${most.toPrecision(3)} ms at most`;
};
const {process: own, page, waits, delays, feeding} = figures;
console.log(
  [
    `${figures.samples.toLocaleString('en')} samples of ${layers} layers, ${isBuilt ? 'the built package' : 'from the sources, with the bundler in the process'}, sent in ${Math.round(feeding / 1000)} s`,
    `process that trains and serves: ${megabytes(own.empty)} with an empty page, ${megabytes(own.most)} at most, ${megabytes(own.end)} at the end`,
    `heap of the page: ${megabytes(page.most)} at most, ${megabytes(page.used)} in use at the end`,
    `the training waits for a sample: at the beginning ${milliseconds(waits.first)}; at the end ${milliseconds(waits.last)}`,
    `newest sample on the screen after ${milliseconds(delays)}`,
  ].join('\n'),
);
