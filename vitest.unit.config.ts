// The quick tests, for the time while one writes: plain JavaScript, without Python, a compiler or a browser.
//
//   npm run test:unit
//   npm run coverage    the same, with a floor for the lines of src that they run
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';
import {nameSlowFiles} from './test/slow-files.js';

const source = (name: string): string => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url));

export default defineConfig({
  plugins: [nameSlowFiles],
  resolve: {
    alias: [
      {find: /^tfjs-hessian$/, replacement: source('index')},
      {find: /^tfjs-hessian\/(\w+)$/, replacement: source('$1')},
    ],
  },
  test: {
    include: [
      'test/{graph,metrics,report,setup,streams}/**/*.test.ts',
      'test/{format-number,random}.test.ts',
      'test/arguments/options.test.ts',
      'test/callbacks/schedules.test.ts',
      'test/estimators/{linalg,surface}/**/*.test.ts',
      'test/estimators/krylov/lanczos.test.ts',
      'test/estimators/spectral-density.test.ts',
      'test/model/layers/layer-selection.test.ts',
      'test/regularizers/strength/{jackknife,sweep-points}.test.ts',
      'test/sinks/write-loss-surface.test.ts',
      'test/tfjs-internals/patch.test.ts',
    ],
    env: {TEST_ENGINES: 'cpu', LC_ALL: 'C.UTF-8'},
    pool: 'forks',
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary'],
      thresholds: {lines: 36, statements: 35, functions: 35, branches: 27},
    },
  },
});
