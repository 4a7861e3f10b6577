import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {InvalidArgumentError} from '../../src/errors.js';
import type {DataSet, Images} from './images.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** How the binary version of a data set has its images: labels, then 32 × 32 pixels in three planes. */
export interface CifarFormat {
  readonly title: string;
  readonly trainingFiles: readonly string[];
  readonly testFile: string;
  /** The number of bytes before the pixels. The last one is the label. */
  readonly labelBytes: number;
  readonly classes: number;
}

export const cifar10: CifarFormat = {
  title: 'CIFAR-10',
  trainingFiles: [1, 2, 3, 4, 5].map(n => `data_batch_${n}.bin`),
  testFile: 'test_batch.bin',
  labelBytes: 1,
  classes: 10,
};

/** Its first byte is one of 20 groups of classes, the second one the class. */
export const cifar100: CifarFormat = {
  title: 'CIFAR-100',
  trainingFiles: ['train.bin'],
  testFile: 'test.bin',
  labelBytes: 2,
  classes: 100,
};

/**
 * The binary version of a data set, of as many training files as are there.
 *
 * @throws InvalidArgumentError where files are missing or are none of that format.
 */
export function readCifar(folder: string, format: CifarFormat = cifar10): DataSet {
  const training = format.trainingFiles.map(name => join(folder, name)).filter(path => existsSync(path));
  const test = join(folder, format.testFile);
  if (training.length === 0 || !existsSync(test)) {
    throw new InvalidArgumentError(
      `${folder} has no ${format.trainingFiles[0]} or no ${format.testFile}; give the folder of ${format.title}'s binary version.`,
    );
  }
  const bytes = training.map(path => checked(path, format));
  return {pool: parseCifar(Buffer.concat(bytes), format), test: parseCifar(checked(test, format), format)};
}

function recordSize({labelBytes}: CifarFormat): number {
  return labelBytes + 3 * PLANE;
}

function checked(path: string, format: CifarFormat): Uint8Array {
  const {title, labelBytes, classes} = format;
  const size = recordSize(format);
  const bytes = readFileSync(path);
  if (bytes.length === 0 || bytes.length % size !== 0) {
    throw new InvalidArgumentError(
      `${path} has ${bytes.length} bytes; a file of ${title} has a multiple of ${size}: a label and 32 × 32 pixels in three planes.`,
    );
  }
  for (let at = labelBytes - 1; at < bytes.length; at += size) {
    if (bytes[at]! >= classes) {
      throw new InvalidArgumentError(
        `${path}: image ${Math.floor(at / size)} has label ${bytes[at]}; labels of ${title} are 0 to ${classes - 1}.`,
      );
    }
  }
  return bytes;
}

/** Records of labels and of the red, the green and the blue plane, row by row, as images with the channels last. */
export function parseCifar(bytes: Uint8Array, format: CifarFormat = cifar10): Images {
  const size = recordSize(format);
  const n = bytes.length / size;
  const pixels = new Uint8Array(n * 3 * PLANE);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const from = i * size + format.labelBytes;
    labels[i] = bytes[from - 1]!;
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < PLANE; pixel++) {
        pixels[i * 3 * PLANE + 3 * pixel + channel] = bytes[from + channel * PLANE + pixel]!;
      }
    }
  }
  return {shape: [SIDE, SIDE, 3], pixels, labels};
}
