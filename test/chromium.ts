import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

/** What the set-up fetches for the tests alone. */
export const testCache = fileURLToPath(new URL('../node_modules/.cache/tfjs-hessian', import.meta.url));

/** Where the set-up notes the browser that it has started once, or that there is none. */
export const chromiumRecord = join(testCache, 'chromium.json');

/** @property path `null` where no browser starts. */
export interface ChromiumRecord {
  readonly path: string | null;
}

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** Browsers that other programs have installed, and the one that `npx playwright install chromium` brings. */
export function installedChromiums(): readonly string[] {
  return [...places, chromium.executablePath()].filter(path => existsSync(path));
}

/**
 * The Chromium that the tests run in: `CHROME_PATH`, the one that the set-up has noted, or an installed one.
 *
 * @throws Error for a `CHROME_PATH` that does not exist.
 */
export function findChromium(): string | undefined {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROME_PATH is "${named}", which does not exist.`);
    return named;
  }
  const record = readRecord();
  if (record && (record.path === null || existsSync(record.path))) return record.path ?? undefined;
  return installedChromiums()[0];
}

/** The Chromium of this machine, for tests with the tag `browser`, which are not run without one. */
export function chromiumPath(): string {
  const found = findChromium();
  if (found === undefined) throw new Error(noChromium);
  return found;
}

export const noChromium =
  'there is no Chromium here. `npm test` looks for one and says what it tried; ' +
  'the environment variable CHROME_PATH names one by hand.';

function readRecord(): ChromiumRecord | null {
  try {
    return JSON.parse(readFileSync(chromiumRecord, 'utf8')) as ChromiumRecord;
  } catch {
    return null;
  }
}

/** WebGL and WebGPU in software, so that no graphics card is needed, and no talk with anybody outside. */
export const chromiumArgs: readonly string[] = [
  '--no-sandbox',
  // Chosen by name, since TensorFlow.js refuses a WebGL that is software for want of anything better.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-watchdog',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
