import {callsBetween} from './between.js';
import type {Recording, Slot} from './recording.js';

/** A recorded function from some values to others. */
export interface RecordedFunction {
  /** What it reads beside the values that it starts from: data, masks, whatever does not depend on these. */
  readonly given: readonly Slot[];
  /** What it does, in words: two functions of the same signature run the same kernels in the same order. */
  readonly signature: string;
}

/** Reads a function out of a recording. */
export function recordedFunction(recording: Recording, from: readonly Slot[], to: readonly Slot[]): RecordedFunction {
  const names = new Map<Slot, number>();
  const given: Slot[] = [];
  const nameOf = (slot: Slot): number => {
    let name = names.get(slot);
    if (name === undefined) {
      name = names.size;
      names.set(slot, name);
    }
    return name;
  };
  const describe = ({shape, dtype}: Slot) => `${dtype}[${shape.join()}]`;
  const words = from.map(slot => `${nameOf(slot)}:${describe(slot)}`);
  for (const {call} of callsBetween(recording.calls, from, to)) {
    const inputs = [...call.inputs].map(([input, slot]) => {
      if (!names.has(slot)) {
        given.push(slot);
        words.push(`${nameOf(slot)}:${describe(slot)}`);
      }
      return `${input}=${nameOf(slot)}`;
    });
    const outputs = call.outputs.map(nameOf);
    words.push(`${outputs.join()}=${call.kernel}(${inputs.join()})${JSON.stringify(call.attrs, exactly)}`);
  }
  words.push(to.map(nameOf).join());
  return {given, signature: words.join('\n')};
}

/** JSON has neither infinities nor NaN. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
