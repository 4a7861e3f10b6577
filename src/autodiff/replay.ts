import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from '../tfjs-internals/core/engine.js';
import {callsBetween} from './between.js';
import {plainKernel} from './fused.js';
import type {Recording, Slot} from './recording.js';
import {Recorder} from './recording.js';
import {runKernel} from './run-kernel.js';

/**
 * Runs the recorded kernels between some values and another one again, with other tensors in the values' places.
 *
 * Kernels run on TensorFlow.js' tape where that is on. What does not depend differentiably on the values is as recorded.
 */
export function replay(recording: Recording, values: ReadonlyMap<Slot, Tensor>, output: Slot): Tensor {
  return replayAll(recording, values, [output])[0]!;
}

/** The same for several outputs. */
function replayAll(recording: Recording, values: ReadonlyMap<Slot, Tensor>, outputs: readonly Slot[]): Tensor[] {
  const made = new Map(values);
  for (const {call} of callsBetween(recording.calls, values.keys(), outputs)) {
    const inputs = Object.fromEntries([...call.inputs].map(([name, slot]) => [name, made.get(slot) ?? slot.tensor!]));
    runOnTape(call.kernel, inputs, call.attrs).forEach((tensor, i) => {
      const slot = call.outputs[i]!;
      if (!values.has(slot)) made.set(slot, tensor);
    });
  }
  return outputs.map(slot => made.get(slot) ?? slot.tensor!);
}

/** A recorded function that has run again, and was recorded while it did. */
export interface Replayed {
  /** The caller releases it. */
  readonly recording: Recording;
  readonly outputs: readonly Tensor[];
}

/**
 * Runs the recorded kernels between some values and others again, as they are, and records them.
 *
 * On the tape each of them has its own gradient then. A gradient that the function takes itself is part of what is
 * differentiated: TensorFlow.js' tape of the first run lacks derivatives through the values that such a gradient reads.
 */
export function recordReplay(recording: Recording, from: readonly Slot[], outputs: readonly Slot[]): Replayed {
  const recorder = new Recorder();
  try {
    const values = new Map(from.map(slot => [slot, slot.tensor!]));
    return {recording: recorder.recording, outputs: replayAll(recording, values, outputs)};
  } catch (error) {
    recorder.recording.release();
    throw error;
  } finally {
    recorder.stop();
  }
}

/** A kernel by those that TensorFlow.js has a gradient for. */
function runOnTape(kernel: string, inputs: Record<string, Tensor>, attrs: Attributes): Tensor[] {
  const plain = plainKernel(kernel, attrs);
  if (plain === null) return runKernel(kernel, inputs, attrs);
  const {bias, ...operands} = inputs;
  const [product] = runKernel(plain.kernel, operands, plain.attrs);
  return [bias === undefined ? product! : tf.add(product!, bias)];
}
