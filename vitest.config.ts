import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';
import {browserTag, countMissingTests} from './test/missing-tests.js';
import {nameSecondTries, retry} from './test/second-tries.js';
import {nameSlowFiles} from './test/slow-files.js';

const source = (name: string): string => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url));

export default defineConfig({
  plugins: [countMissingTests, nameSecondTries, nameSlowFiles],
  resolve: {
    alias: [
      {find: /^tfjs-hessian$/, replacement: source('index')},
      {find: /^tfjs-hessian\/(\w+)$/, replacement: source('$1')},
    ],
  },
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          tags: [browserTag],
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**'],
          // libtensorflow is loaded once a process and never unloaded.
          pool: 'forks',
          setupFiles: ['test/setup/equal-on-gpu.ts'],
          // The command line draws by the locale.
          env: {LC_ALL: 'C.UTF-8'},
          retry,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      './vitest.browser.config.ts',
      // Elsewhere there is no Xvfb.
      ...(process.platform === 'linux' ? ['./vitest.firefox.config.ts'] : []),
    ],
  },
});
