import {spawnSync} from 'node:child_process';
import {copyFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {chromium, firefox, webkit} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chromiumArgs, chromiumPath} from '../chromium.js';
import type {Bundled} from './bundlers.js';
import {bundlers} from './bundlers.js';
import {installPacked} from './install.js';
import {plainPages} from './without-bundler.js';

/** What `training.js` gives. */
type Numbers = Readonly<Record<'losses' | 'traces' | 'tops' | 'penalties' | 'weights', readonly number[]>>;

let folder = '';
beforeAll(() => {
  folder = installPacked([
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-layers',
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-backend-webgl',
    'rxjs',
  ]);
  copyFileSync(join(import.meta.dirname, 'training.js'), join(folder, 'training.js'));
  writeFileSync(
    join(folder, 'train.js'),
    `import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import {train} from './training.js';
globalThis.numbers = train('cpu').then(async cpu => ({cpu, webgl: await train('webgl')}));
`,
  );
  // Names one function of the package, and needs what importing the package does.
  writeFileSync(
    join(folder, 'load.js'),
    `import {layers} from '@tensorflow/tfjs-layers';
import {edgeOfStability} from 'tfjs-hessian';
const {kernelRegularizer} = layers.dense({
  units: 1,
  kernelRegularizer: {className: 'HessianTraceRegularizer', config: {strength: 0.25}},
});
globalThis.loaded = [kernelRegularizer.strength, edgeOfStability(4, 1)];
`,
  );
}, 300_000);
afterAll(() => folder && rmSync(folder, {recursive: true, force: true}));

type Entry = 'train.js' | 'load.js';

/** Bundles by all bundlers, each made once. */
const made = new Map<string, Promise<Bundled>>();
function bundle(name: string, entry: Entry): Promise<Bundled> {
  const key = `${entry} ${name}`;
  if (!made.has(key)) made.set(key, bundlers[name]!(folder, entry));
  return made.get(key)!;
}

const names = Object.keys(bundlers);

it.each(names)(
  '%s bundles the package without a warning',
  async name => {
    expect((await bundle(name, 'train.js')).warnings).toEqual([]);
  },
  300_000,
);

// An error of the matrix library, which eigenvalues need and `edgeOfStability` does not.
const ofMatrices = 'Matrix is not a square matrix';

// webpack leaves out whole files of a package only, and the registration needs the one that needs the library.
it.each(names.filter(name => name !== 'webpack'))(
  '%s leaves out what an app does not use',
  async name => {
    expect((await bundle(name, 'train.js')).code).toContain(ofMatrices);
    expect((await bundle(name, 'load.js')).code).not.toContain(ofMatrices);
  },
  300_000,
);

describe('In a page', {tags: 'browser'}, () => {
  let browser: Browser;
  let expected: Numbers;
  beforeAll(async () => {
    expected = inNode();
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it.each(names)(
    'a bundle by %s trains to the same numbers as Node, on cpu and on WebGL',
    async name => {
      expectTrained(await valueInPage(browser, bundled(name, 'train.js'), 'numbers'));
    },
    300_000,
  );

  it.each(Object.entries(plainPages))(
    '%s, without a bundler, train to the same numbers as Node, on cpu and on WebGL',
    async (_, open) => {
      expectTrained(await valueInPage(browser, page => open(page, folder, 'train.js'), 'numbers'));
      expect(await valueInPage(browser, page => open(page, folder, 'load.js'), 'loaded')).toEqual([0.25, 2]);
    },
    300_000,
  );

  function expectTrained(numbers: unknown): void {
    const {cpu, webgl} = numbers as Record<'cpu' | 'webgl', Numbers>;
    expectEqual(cpu, expected, 1e-6);
    expectEqual(webgl, expected, 1e-5);
  }

  it.each(names)(
    'a bundle by %s can load a model with the regularizer, whatever else it uses',
    async name => {
      expect(await valueInPage(browser, bundled(name, 'load.js'), 'loaded')).toEqual([0.25, 2]);
    },
    300_000,
  );
});

/** The browser that `TEST_BROWSER` names, of those that playwright has installed; Chromium by default. */
function launch(): Promise<Browser> {
  const named = process.env.TEST_BROWSER ?? 'chromium';
  if (named === 'firefox') return firefox.launch();
  if (named === 'webkit') return webkit.launch();
  return chromium.launch({executablePath: chromiumPath(), args: [...chromiumArgs]});
}

/** What `training.js` gives in Node, on TensorFlow.js in plain JavaScript. */
function inNode(): Numbers {
  writeFileSync(
    join(folder, 'in-node.js'),
    `import '@tensorflow/tfjs-backend-cpu';
import {train} from './training.js';
console.log('\\n' + JSON.stringify(await train('cpu')));
`,
  );
  const {status, stdout, stderr} = spawnSync(process.execPath, ['in-node.js'], {cwd: folder, encoding: 'utf8'});
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Numbers;
}

/** Loads a bundle into a page. */
const bundled = (name: string, entry: Entry) => async (page: Page) => {
  const {code} = await bundle(name, entry);
  await page.addScriptTag({content: code, ...(!name.endsWith('script') && {type: 'module'})});
};

/** What a script leaves in a global variable of a page of its own, once it has come. */
async function valueInPage(browser: Browser, open: (page: Page) => Promise<void>, variable: string): Promise<unknown> {
  const page = await browser.newPage();
  try {
    const complaints: string[] = [];
    page.on('pageerror', error => complaints.push(error.message));
    await open(page);
    await page.waitForFunction(`'${variable}' in globalThis`).catch(error => complaints.push(String(error)));
    expect(complaints).toEqual([]);
    return await page.evaluate(variable);
  } finally {
    await page.close();
  }
}

/** Each number to `tolerance` of the largest of its kind. */
function expectEqual(numbers: Numbers, expected: Numbers, tolerance: number): void {
  for (const kind of Object.keys(expected) as (keyof Numbers)[]) {
    expect(numbers[kind]).toHaveLength(expected[kind].length);
    const scale = Math.max(...expected[kind].map(Math.abs));
    const errors = numbers[kind].map((value, i) => Math.abs(value - expected[kind][i]!) / scale);
    expect(Math.max(...errors), kind).toBeLessThan(tolerance);
  }
}
