import {arithmeticSamples} from './samples/arithmetic.js';
import {convolutionSamples} from './samples/convolution.js';
import {elementwiseSamples} from './samples/elementwise.js';
import {matrixProductSamples} from './samples/matrix-product.js';
import {otherSamples} from './samples/other.js';
import {poolingSamples} from './samples/pooling.js';
import type {KernelSample} from './samples/sample.js';
import {shapeSamples} from './samples/shape.js';

/** The points at which the kernels of the rule table are differentiated. */
export const kernelSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  ...arithmeticSamples,
  ...convolutionSamples,
  ...elementwiseSamples,
  ...matrixProductSamples,
  ...otherSamples,
  ...poolingSamples,
  ...shapeSamples,
};
