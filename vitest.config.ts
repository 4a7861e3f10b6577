import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      {find: /^tfjs-hessian$/, replacement: source('./src/index.ts')},
      {find: /^tfjs-hessian\/node$/, replacement: source('./src/node.ts')},
      {find: /^tfjs-hessian\/sinks$/, replacement: source('./src/sinks.ts')},
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // libtensorflow is loaded once a process and never unloaded.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
