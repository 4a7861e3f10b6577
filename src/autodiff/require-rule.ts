import {UnsupportedKernelError} from '../errors.js';
import type {RecordedCall} from './recording.js';
import type {KernelRule} from './rule.js';
import {ruleOf} from './rule-table.js';

/** @throws UnsupportedKernelError for a kernel without a rule. */
export function requireRule(call: RecordedCall): KernelRule {
  const rule = ruleOf(call.kernel);
  if (rule !== undefined) return rule;
  const layer = layerOf(call);
  throw new UnsupportedKernelError(
    `Kernel "${call.kernel}"${layer ? ` (layer "${layer}")` : ''} has no differentiation rule; ` +
      `teach it with registerTangentRule("${call.kernel}", rule), or leave it out of the loss.`,
    call.kernel,
    layer,
  );
}

/** The layer that ran a kernel; for one of the backward pass, the layer that made what it reads. */
export function layerOf(call: RecordedCall): string | null {
  if (call.layer !== null) return call.layer;
  for (const slot of call.inputs.values()) {
    if (slot.producer?.layer) return slot.producer.layer;
  }
  return null;
}
