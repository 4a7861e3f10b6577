// The tests of `test/browser` in Firefox:
//
//   npx vitest run --config vitest.firefox.config.ts
import {defineConfig} from 'vitest/config';
import {findFirefox} from './test/firefox.js';
import {installedFirefox} from './test/firefox-provider.js';
import {countMissingTests, firefoxTag} from './test/missing-tests.js';
import browser from './vitest.browser.config.js';

const firefox = findFirefox();

export default defineConfig({
  ...browser,
  plugins: [countMissingTests],
  cacheDir: 'node_modules/.vite-firefox-tests',
  test: {
    ...browser.test,
    tags: [firefoxTag],
    name: 'firefox',
    // It has no WebGPU on Linux.
    exclude: ['test/browser/device-errors.test.ts'],
    browser: {
      enabled: firefox !== undefined,
      headless: true,
      ...(firefox && {provider: installedFirefox(firefox)}),
      screenshotFailures: false,
      instances: [{browser: 'firefox'}],
    },
  },
});
