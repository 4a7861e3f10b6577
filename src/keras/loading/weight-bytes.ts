import type {io} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';

/** The bytes of a value, as it is saved. */
const bytesOf: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  bool: 1,
};

/**
 * The number of bytes in which weights are saved; `null` for texts, whose length only the data say.
 *
 * @param path what messages call the model.
 * @throws InvalidArgumentError for a weight with an impossible shape or an unknown type.
 */
export function bytesOfWeights(weights: readonly io.WeightsManifestEntry[], path: string): number | null {
  let sum = 0;
  for (const {name, shape, dtype, quantization} of weights) {
    if (!Array.isArray(shape) || !shape.every(n => Number.isSafeInteger(n) && n >= 0)) {
      throw new InvalidArgumentError(
        `${path}: weight ${name} has the shape ${JSON.stringify(shape)}; save the model again.`,
      );
    }
    if (dtype === 'string') return null;
    const type = quantization?.dtype ?? dtype;
    const bytes = bytesOf[type];
    if (bytes === undefined) {
      throw new InvalidArgumentError(
        `${path}: weight ${name} has the type ${type}; there are ${Object.keys(bytesOf).join(', ')}.`,
      );
    }
    sum += bytes * shape.reduce((product, n) => product * n, 1);
  }
  return sum;
}
