import {existsSync} from 'node:fs';
import {chromium} from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  // What `npx playwright install chromium` has brought.
  chromium.executablePath(),
];

/** The Chromium of this machine, or none. */
export function findChromium(): string | undefined {
  return PLACES.find(existsSync);
}

/** The Chromium of this machine. A missing one fails. */
export function chromiumPath(): string {
  const found = findChromium();
  if (found === undefined) {
    throw new Error(
      'These tests run in Chromium, and there is none here. `apt-get install chromium` brings it on Debian, ' +
        '`npx playwright install chromium` elsewhere.',
    );
  }
  return found;
}

/** WebGL and WebGPU in software, so that no graphics card is needed, and no talk with anybody outside. */
export const chromiumArgs: readonly string[] = [
  '--no-sandbox',
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
