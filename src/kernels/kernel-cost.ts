import {sizeOfValue} from '../graph/graph.js';
import type {KernelNode} from './kernel-op.js';
import {inputNamed} from './kernel-op.js';

/**
 * Multiply-adds of a kernel, from its shapes alone: those of matrix products and convolutions; one for each number that any
 * other kernel makes; none where numbers are only given another shape.
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
    // By a channel of whichever side is convolved: the filter's numbers over the channels of what it makes.
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
