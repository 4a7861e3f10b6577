import type {KernelNode} from '../../kernels/kernel-op.js';

/** A kernel that threw an error, and the layer that it belongs to, where that is known. */
export interface FailedKernel {
  readonly kernel: string;
  readonly layer: string | null;
}

const failures = new WeakMap<object, FailedKernel>();

/** The recorded kernel that threw an error, or of which the error says that it has no gradient. */
export function failedKernel(error: unknown): FailedKernel | null {
  return (typeof error === 'object' && error !== null && failures.get(error)) || null;
}

/** Notes which kernel threw an error, after these others had run. */
export function noteFailure(error: unknown, node: KernelNode, ran: readonly KernelNode[]): void {
  if (typeof error !== 'object' || error === null || failures.has(error)) return;
  const {kernel, layer} = node.op;
  failures.set(error, {kernel, layer: layer ?? forwardOf(node, ran)?.op.layer ?? null});
}

/** Finds the recorded kernel of which TensorFlow.js says that it has no gradient: TensorFlow.js does not name the layer. */
export function noteMissingGradient(error: unknown, ran: readonly KernelNode[]): void {
  if (!(error instanceof Error)) return;
  const [, missing] = /gradient function not found for (\w+)/.exec(error.message) ?? [];
  const isMeant = error.message.includes('dilation rates greater than 1')
    ? ({op}: KernelNode) => [op.attrs.dilations].flat().some(rate => Number(rate) > 1)
    : ({op}: KernelNode) => op.kernel === missing;
  const node = ran.findLast(each => each.op.layer !== null && isMeant(each));
  if (node !== undefined) noteFailure(error, node, ran);
}

/** The forward kernel that a backward kernel belongs to: one that read the same value, or else the last of its family. */
function forwardOf(backward: KernelNode, ran: readonly KernelNode[]): KernelNode | undefined {
  const family = ran.filter(({op: {kernel, layer}}) => {
    if (layer === null) return false;
    if (backward.op.kernel === 'UnsortedSegmentSum') return kernel === 'GatherV2';
    return backward.op.kernel.startsWith(kernel.replace(/^_?Fused/, ''));
  });
  const read = new Set(backward.inputs);
  return family.findLast(({inputs}) => inputs.some(value => read.has(value))) ?? family.at(-1);
}
