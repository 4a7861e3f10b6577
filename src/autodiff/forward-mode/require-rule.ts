import {UnsupportedKernelError} from '../../errors.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import type {Recording} from '../recording/recording.js';
import type {KernelRule} from '../rules/rule.js';
import {ruleOf} from '../rules/rule-table.js';

/** @throws UnsupportedKernelError for a kernel without a rule. */
export function requireRule(node: KernelNode, recording: Recording): KernelRule {
  const {kernel} = node.op;
  const problem = `no differentiation rule; register one with registerTangentRule("${kernel}", rule), or leave the kernel out of the loss.`;
  return ruleOf(kernel) ?? unsupported(node, recording, problem);
}

/** @throws UnsupportedKernelError for a kernel whose rule has no jet. */
export function requireJet(node: KernelNode, recording: Recording): NonNullable<KernelRule['jet']> {
  const problem =
    'no second-order rule, so the curvature of what runs it cannot be penalized; ' +
    `give it one with registerTangentRule("${node.op.kernel}", {…, jet}).`;
  return requireRule(node, recording).jet ?? unsupported(node, recording, problem);
}

function unsupported(node: KernelNode, recording: Recording, problem: string): never {
  const {kernel} = node.op;
  const layer = layerOf(node, recording);
  throw new UnsupportedKernelError(
    `Kernel "${kernel}"${layer ? ` (layer "${layer}")` : ''} has ${problem}`,
    kernel,
    layer,
  );
}

/** The layer of a kernel; for a backward kernel, the layer that made one of its inputs. */
export function layerOf({op, inputs}: KernelNode, recording: Recording): string | null {
  if (op.layer !== null) return op.layer;
  for (const value of inputs) {
    const layer = recording.producerOf(value)?.op.layer;
    if (layer) return layer;
  }
  return null;
}
