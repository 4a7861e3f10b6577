// How long the playground of the built site holds up its page, in headless Chromium with software rendering.
//
//   npm run site && npx tsx bench/page-stalls.ts [--seconds 20] [--site out/site] [--tasks 5]
//
// A task is what the page's main thread does without a break. Its processor time does not count the time in which other programs had the processor; its duration does.
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import type {Browser, Page} from 'playwright-core';
import {chromium} from 'playwright-core';
import {chromiumArgs, chromiumPath} from '../test/chromium.js';
import {servedFiles} from '../test/site/served-files.js';
import {mainThreadTasks} from './stalls/main-thread-tasks.js';

const {values: options} = parseArgs({
  options: {
    seconds: {type: 'string', default: '20'},
    site: {type: 'string', default: fileURLToPath(new URL('../out/site', import.meta.url))},
    tasks: {type: 'string', default: '5'},
    only: {type: 'string', default: ''},
  },
});
const span = 1000 * Number(options.seconds);
const shown = Number(options.tasks);

interface Scene {
  readonly name: string;
  readonly hash: string;
  readonly width: number;
  act(page: Page): Promise<void>;
}

const waits = (page: Page) => page.waitForTimeout(span);
const samples = (page: Page) => page.locator('[data-picture="spectra"] svg').waitFor({timeout: 120_000});
const sampled = async (page: Page) => {
  await samples(page);
  await waits(page);
};
const scenes: readonly Scene[] = [
  {name: 'opens the page and trains', hash: 'data=spirals', width: 1440, act: waits},
  {
    name: 'trains with a penalty, a sample in five steps',
    hash: 'data=spirals&every=5&strength=0.001',
    width: 1440,
    act: sampled,
  },
  {
    name: 'trains a CNN on digits',
    hash: 'data=digits&network=cnn&every=5&rows=200',
    width: 1440,
    act: sampled,
  },
  {name: 'trains on a phone’s width', hash: 'data=spirals&every=10', width: 390, act: waits},
  {
    name: 'computes the loss surface and turns it',
    hash: 'data=spirals&every=10',
    width: 1440,
    async act(page) {
      await samples(page);
      await page.getByRole('button', {name: 'Compute'}).click();
      const solid = page.locator('.surface-solid');
      await solid.waitFor({timeout: 120_000});
      await solid.focus();
      for (let i = 0; i < 20; i++) await solid.press('ArrowLeft');
    },
  },
  {
    name: 'changes theme, size and layers, moves a slider',
    hash: 'data=spirals&every=10',
    width: 1440,
    async act(page) {
      await samples(page);
      await page.locator('.VPSwitchAppearance').first().click();
      await page.waitForTimeout(1000);
      await page.setViewportSize({width: 1100, height: 900});
      await page.waitForTimeout(1000);
      await page.locator('.layers input').first().click();
      for (const rate of [-1, -0.8, -0.6, -0.4]) await page.locator('#rate').fill(String(rate));
      await page.waitForTimeout(1000);
      await page.getByRole('button', {name: 'Start again'}).click();
      await samples(page);
    },
  },
];

await using files = await servedFiles(options.site);
const browser = await chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
for (const scene of scenes) if (scene.name.includes(options.only)) await measure(browser, scene);
await browser.close();

async function measure(on: Browser, {name, hash, width, act}: Scene): Promise<void> {
  const page = await on.newPage({viewport: {width, height: 900}});
  // The gaps of a timer are what a user notices.
  await page.addInitScript(() => {
    const EVERY = 20;
    const gaps: number[] = [];
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      gaps.push(now - last - EVERY);
      last = now;
    }, EVERY);
    Object.assign(window, {gaps});
  });
  await on.startTracing(page, {categories: ['toplevel', 'devtools.timeline', 'v8', '__metadata']});
  await page.goto(`${files.url}playground.html#${hash}`);
  await act(page);
  const trace = JSON.parse((await on.stopTracing()).toString('utf8'));
  const gaps = await page.evaluate(() => (window as unknown as {gaps: number[]}).gaps);
  await page.close();
  const tasks = mainThreadTasks(trace.traceEvents).sort((a, b) => b.processor - a.processor);
  const over = (limit: number, of: 'processor' | 'duration') => tasks.filter(task => task[of] > limit).length;
  console.log(
    `${name}: ${tasks.length} tasks; longer than 50, 100, 200 ms of processor time: ${over(50, 'processor')}, ${over(100, 'processor')}, ` +
      `${over(200, 'processor')}; of duration: ${over(50, 'duration')}, ${over(100, 'duration')}, ${over(200, 'duration')}; ` +
      `longest gaps of a timer of 20 ms: ${gaps
        .sort((a, b) => b - a)
        .slice(0, 5)
        .map(gap => Math.round(gap))
        .join(', ')} ms`,
  );
  for (const {processor, duration, parts} of tasks.slice(0, shown)) {
    const named = parts.slice(0, 6).map(part => `${part.name} ${part.processor.toFixed(0)}`);
    console.log(`  ${processor.toFixed(0)} ms of ${duration.toFixed(0)}: ${named.join(', ')}`);
  }
}
