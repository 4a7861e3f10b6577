import {fileURLToPath} from 'node:url';
import {playwright} from '@vitest/browser-playwright';
import {defineConfig} from 'vitest/config';
import {chromiumArgs, findChromium} from './test/chromium.js';
import {browserTag} from './test/missing-tests.js';
import {retry} from './test/second-tries.js';

const source = (name: string): string => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url));
const executablePath = findChromium();

export default defineConfig({
  resolve: {
    alias: [
      {find: /^tfjs-hessian$/, replacement: source('index')},
      {find: /^tfjs-hessian\/(\w+)$/, replacement: source('$1')},
    ],
  },
  // Apart from what Node's tests of pages keep; found at once, since a page that finds more is loaded anew.
  cacheDir: 'node_modules/.vite-browser-tests',
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js',
      '@tensorflow/tfjs-layers',
      'ml-matrix',
      'pure-rand/generator/xoroshiro128plus',
      'rxjs',
    ],
  },
  test: {
    tags: [browserTag],
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    // Kernels' programs are compiled in software, all by one process.
    fileParallelism: false,
    retry,
    testTimeout: 120_000,
    // Without a browser Node lists the tests, all skipped.
    browser: {
      enabled: executablePath !== undefined,
      headless: true,
      provider: playwright({launchOptions: {args: [...chromiumArgs], ...(executablePath && {executablePath})}}),
      screenshotFailures: false,
      instances: [{browser: 'chromium'}],
    },
  },
});
