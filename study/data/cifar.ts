import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {InvalidArgumentError} from '../../src/errors.js';
import type {DataSet, Images} from './images.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;

/**
 * CIFAR-10 in its binary version: `data_batch_1.bin`, … (as many as are there) and `test_batch.bin`.
 *
 * @throws InvalidArgumentError where files are missing or are none of that format.
 */
export function readCifar(folder: string): DataSet {
  const training = [1, 2, 3, 4, 5].map(n => join(folder, `data_batch_${n}.bin`)).filter(path => existsSync(path));
  const test = join(folder, 'test_batch.bin');
  if (training.length === 0 || !existsSync(test)) {
    throw new InvalidArgumentError(
      `${folder} has no data_batch_1.bin or no test_batch.bin; give the folder of CIFAR-10's binary version.`,
    );
  }
  return {pool: parseCifar(Buffer.concat(training.map(checked))), test: parseCifar(checked(test))};
}

function checked(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new InvalidArgumentError(
      `${path} has ${bytes.length} bytes; a file of CIFAR-10 has a multiple of ${RECORD}: a label and 32 × 32 pixels in three planes.`,
    );
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at]! > 9) {
      throw new InvalidArgumentError(
        `${path}: image ${at / RECORD} has label ${bytes[at]}; labels of CIFAR-10 are 0 to 9.`,
      );
    }
  }
  return bytes;
}

/** Records of a label and of the red, the green and the blue plane, row by row, as images with the channels last. */
export function parseCifar(bytes: Uint8Array): Images {
  const n = bytes.length / RECORD;
  const pixels = new Uint8Array(n * 3 * PLANE);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const from = i * RECORD;
    labels[i] = bytes[from]!;
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < PLANE; pixel++) {
        pixels[i * 3 * PLANE + 3 * pixel + channel] = bytes[from + 1 + channel * PLANE + pixel]!;
      }
    }
  }
  return {shape: [SIDE, SIDE, 3], pixels, labels};
}
