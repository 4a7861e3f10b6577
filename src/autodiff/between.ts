import type {RecordedCall, Slot} from './recording.js';
import {ruleOf} from './rule-table.js';

/** A call on a way that derivatives take, with the inputs that they come through. */
export interface ActiveCall<Call> {
  readonly call: Call;
  readonly names: readonly string[];
}

/**
 * The calls through which some values depend, differentiably, on others; in their order. What made the values that it
 * starts from is left out.
 */
export function callsBetween<Call extends RecordedCall>(
  calls: readonly Call[],
  from: Iterable<Slot>,
  to: Iterable<Slot>,
): ActiveCall<Call>[] {
  const starts = new Set(from);
  const active = new Set(starts);
  const reached: ActiveCall<Call>[] = [];
  for (const call of calls) {
    const names = differentiableInputs(call).filter(name => active.has(call.inputs.get(name)!));
    if (names.length === 0) continue;
    for (const slot of call.outputs) if (slot.dtype === 'float32') active.add(slot);
    reached.push({call, names});
  }
  const needed = new Set([...to].filter(slot => active.has(slot) && !starts.has(slot)));
  const between: ActiveCall<Call>[] = [];
  for (const {call, names} of reached.reverse()) {
    if (!call.outputs.some(slot => needed.has(slot))) continue;
    for (const name of names) {
      const slot = call.inputs.get(name)!;
      if (!starts.has(slot)) needed.add(slot);
    }
    between.push({call, names});
  }
  return between.reverse();
}

/** Without a rule any input counts, so that the call is found, and named where it matters. */
function differentiableInputs(call: RecordedCall): string[] {
  if (call.outputs.every(slot => slot.dtype !== 'float32')) return [];
  const names = [...call.inputs.keys()];
  const differentiable = ruleOf(call.kernel)?.differentiable ?? 'all';
  return differentiable === 'all' ? names : names.filter(name => differentiable.includes(name));
}
