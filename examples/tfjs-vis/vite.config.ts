import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

// In a project of your own this file is not needed: here the name stands for the sources of this repository.
export default defineConfig({
  resolve: {alias: {'tfjs-hessian': fileURLToPath(new URL('../../src/index.ts', import.meta.url))}},
  build: {target: 'es2022'},
});
