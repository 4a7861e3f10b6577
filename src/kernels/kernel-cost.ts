import {sizeOfValue} from '../graph/graph.js';
import type {KernelNode} from './kernel-op.js';
import {inputNamed} from './kernel-op.js';

/**
 * The multiply-adds of a kernel, computed from shapes: exact for matrix products and convolutions, none for reshapes, and one
 * for each output element of other kernels.
 */
export function multiplyAdds(node: KernelNode): number {
  const {kernel, attrs} = node.op;
  const [output] = node.outputs;
  const size = node.outputs.reduce((sum, value) => sum + sizeOfValue(value), 0);
  if (kernel === 'Reshape' || kernel === 'ExpandDims') return 0;
  if (/MatMul$/.test(kernel)) {
    const a = inputNamed(node, 'a')!.shape;
    return size * (attrs.transposeA ? a.at(-2)! : a.at(-1)!);
  }
  const filter = inputNamed(node, 'filter');
  if (filter !== undefined && /^(Fused)?Conv/.test(kernel)) {
    // Each output element needs all elements of the filter for its channel.
    return (size * sizeOfValue(filter)) / output!.shape.at(-1)!;
  }
  if (/Conv\dDBackpropFilter/.test(kernel)) {
    const dy = inputNamed(node, 'dy')!;
    return (sizeOfValue(dy) * size) / dy.shape.at(-1)!;
  }
  if (/Conv\dDBackpropInput/.test(kernel) && filter !== undefined) {
    const dy = inputNamed(node, 'dy')!;
    return (sizeOfValue(dy) * sizeOfValue(filter)) / dy.shape.at(-1)!;
  }
  if (/^(Fused)?DepthwiseConv2dNative$/.test(kernel) && filter !== undefined) {
    return size * filter.shape[0]! * filter.shape[1]!;
  }
  return size;
}
