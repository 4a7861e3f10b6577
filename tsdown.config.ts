import {defineConfig} from 'tsdown';

const shared = {
  format: 'esm',
  dts: true,
  sourcemap: true,
  target: 'es2022',
  outDir: 'dist',
  fixedExtension: false,
} as const;

export default defineConfig([
  // One build, so that an error is of the same class wherever it comes from. That nothing of Node gets into what runs in
  // browsers is held by the imports' rules.
  {
    ...shared,
    entry: {index: 'src/index.ts', node: 'src/node.ts', sinks: 'src/sinks.ts', cli: 'src/cli/main.ts'},
    platform: 'node',
    outputOptions: {chunkFileNames: 'shared-[name]-[hash].js'},
    clean: true,
  },
  // A script that `index.js` starts, which it finds beside it, and which imports it.
  {
    ...shared,
    entry: {'node-worker': 'src/node-worker.ts'},
    platform: 'node',
    deps: {neverBundle: ['./index.js']},
    dts: false,
    clean: false,
  },
]);
