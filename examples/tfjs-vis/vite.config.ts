import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

// Your own project does not need this file: here it maps the package's name to the sources of this repository.
export default defineConfig({
  resolve: {alias: {'tfjs-hessian': fileURLToPath(new URL('../../src/index.ts', import.meta.url))}},
  build: {target: 'es2022'},
});
