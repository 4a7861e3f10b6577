import type {Attributes} from '../tfjs-internals/core/engine.js';

/** The plain kernel of each fused kernel, and the attributes of the plain kernel. */
const PLAIN: Readonly<Record<string, {readonly kernel: string; readonly attrs: readonly string[]}>> = {
  _FusedMatMul: {kernel: 'BatchMatMul', attrs: ['transposeA', 'transposeB']},
  FusedConv2D: {kernel: 'Conv2D', attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode']},
  FusedDepthwiseConv2D: {
    kernel: 'DepthwiseConv2dNative',
    attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode'],
  },
};

/** The kernel of a product without bias. */
export interface PlainKernel {
  readonly kernel: string;
  readonly attrs: Attributes;
}

/**
 * The kernel that computes the product of a fused kernel, without the bias.
 *
 * While a gradient is taken, TensorFlow.js fuses biases but no nonlinear activations. It has no gradients for fused kernels.
 *
 * @returns `null` if the kernel is not fused.
 */
export function plainKernel(kernel: string, attrs: Attributes): PlainKernel | null {
  const plain = PLAIN[kernel];
  if (plain === undefined) return null;
  return {kernel: plain.kernel, attrs: Object.fromEntries(plain.attrs.map(name => [name, attrs[name]]))};
}

/** Whether a kernel is a product fused with its bias. */
export function isFused(kernel: string): boolean {
  return Object.hasOwn(PLAIN, kernel);
}
