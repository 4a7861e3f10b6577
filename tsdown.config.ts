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
  // The library itself runs in browsers: nothing of Node in it.
  {...shared, entry: {index: 'src/index.ts'}, platform: 'neutral', clean: true},
  {...shared, entry: {node: 'src/node.ts', cli: 'src/cli/main.ts'}, platform: 'node', clean: false},
]);
