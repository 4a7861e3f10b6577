import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {DataSet, Images} from './images.js';
import {imagesAt} from './images.js';
import {shuffled} from './shuffled.js';

const require = createRequire(import.meta.url);

/** Test images of each class, as many as in the original test set. */
const TEST_IMAGES = 1000;

/**
 * Fashion-MNIST as the package `fashion-mnist` has it: a file a class, in which the original training and test images
 * are mixed. The test set is therefore one of our own: 1,000 images of each class, the same in every run.
 */
export function readFashionMnist(): DataSet {
  const folder = join(dirname(require.resolve('fashion-mnist/package.json')), 'src/clothes');
  const pool: Uint8Array[] = [];
  const test: Uint8Array[] = [];
  for (let label = 0; label < 10; label++) {
    const {data} = JSON.parse(readFileSync(join(folder, `${label}.json`), 'utf8')) as {data: number[][]};
    // Some rows are empty.
    const images = data.filter(image => image.length === 28 * 28);
    const order = shuffled(images.length, 0, label);
    order.forEach((place, i) => {
      (i < TEST_IMAGES ? test : pool).push(Uint8Array.from([...images[place]!, label]));
    });
  }
  return {pool: mixed(pool), test: mixed(test)};
}

/** Images that end with their label, in an order that has nothing to do with it. */
function mixed(rows: readonly Uint8Array[]): Images {
  const size = 28 * 28;
  const pixels = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => {
    pixels.set(row.subarray(0, size), i * size);
  });
  const images: Images = {shape: [28, 28, 1], pixels, labels: Uint8Array.from(rows, row => row[size]!)};
  return imagesAt(images, shuffled(rows.length, 0, 10));
}
