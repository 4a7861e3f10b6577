import type {Attributes} from '../tfjs-internals/core/engine.js';

/** Which kernel each fused one fuses with a bias, and the attributes it takes. */
const PLAIN: Readonly<Record<string, {readonly kernel: string; readonly attrs: readonly string[]}>> = {
  _FusedMatMul: {kernel: 'BatchMatMul', attrs: ['transposeA', 'transposeB']},
  FusedConv2D: {kernel: 'Conv2D', attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode']},
  FusedDepthwiseConv2D: {
    kernel: 'DepthwiseConv2dNative',
    attrs: ['strides', 'pad', 'dataFormat', 'dilations', 'dimRoundingMode'],
  },
};

/** A product without its bias. */
export interface PlainKernel {
  readonly kernel: string;
  readonly attrs: Attributes;
}

/**
 * The kernel that a fused one is but for its bias; `null` for any other.
 *
 * Where a gradient is asked for, TensorFlow.js fuses a bias, never an activation that bends; and it has no gradient for
 * the fused kernels themselves.
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
