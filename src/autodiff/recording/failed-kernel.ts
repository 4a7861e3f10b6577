import type {KernelNode} from '../../kernels/kernel-op.js';

/** A kernel that threw an error, and its layer; `null` if the layer is not known. */
export interface FailedKernel {
  readonly kernel: string;
  readonly layer: string | null;
}

const failures = new WeakMap<object, FailedKernel>();

/** The recorded kernel that threw an error, or that has no gradient according to the error. */
export function failedKernel(error: unknown): FailedKernel | null {
  return (typeof error === 'object' && error !== null && failures.get(error)) || null;
}

/** Stores which kernel threw an error. */
export function noteFailure(error: unknown, node: KernelNode, ran: readonly KernelNode[]): void {
  if (typeof error !== 'object' || error === null || failures.has(error)) return;
  const {kernel, layer} = node.op;
  failures.set(error, {kernel, layer: layer ?? forwardOf(node, ran)?.op.layer ?? null});
}

/** Finds the recorded kernel that an error of TensorFlow.js calls without gradient, since the error does not name the layer. */
export function noteMissingGradient(error: unknown, ran: readonly KernelNode[]): void {
  if (!(error instanceof Error)) return;
  const [, missing] = /gradient function not found for (\w+)/.exec(error.message) ?? [];
  const isMeant = error.message.includes('dilation rates greater than 1')
    ? ({op}: KernelNode) => [op.attrs.dilations].flat().some(rate => Number(rate) > 1)
    : ({op}: KernelNode) => op.kernel === missing;
  const node = ran.findLast(each => each.op.layer !== null && isMeant(each));
  if (node !== undefined) noteFailure(error, node, ran);
}

/** The forward kernel of a backward kernel: one that read the same value, or else the last of its family. */
function forwardOf(backward: KernelNode, ran: readonly KernelNode[]): KernelNode | undefined {
  const family = ran.filter(({op: {kernel, layer}}) => {
    if (layer === null) return false;
    if (backward.op.kernel === 'UnsortedSegmentSum') return kernel === 'GatherV2';
    return backward.op.kernel.startsWith(kernel.replace(/^_?Fused/, ''));
  });
  const read = new Set(backward.inputs);
  return family.findLast(({inputs}) => inputs.some(value => read.has(value))) ?? family.at(-1);
}
