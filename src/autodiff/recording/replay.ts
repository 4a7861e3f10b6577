import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import type {Executor} from '../../graph/interpret.js';
import {interpreter} from '../../graph/interpret.js';
import {plainKernel} from '../../kernels/fused-kernels.js';
import {runNode} from '../../kernels/kernel-executor.js';
import type {KernelOp} from '../../kernels/kernel-op.js';
import {runKernel} from '../../kernels/run-kernel.js';
import {functionBetween} from './active-kernels.js';
import type {Recording} from './recording.js';
import {Recorder} from './recording.js';

/**
 * Runs the recorded kernels between some values and another one again, with other tensors in the values' places.
 *
 * Kernels run on TensorFlow.js' tape where that is on. What does not depend differentiably on the values is as recorded.
 *
 * @returns a tensor of the open scope.
 */
export function replay(recording: Recording, values: ReadonlyMap<Value, Tensor>, output: Value): Tensor {
  return replayAll(recording, values, [output])[0]!;
}

function replayAll(recording: Recording, values: ReadonlyMap<Value, Tensor>, outputs: readonly Value[]): Tensor[] {
  const graph = functionBetween(recording.nodes, [...values.keys()], outputs);
  return interpreter(graph, tapeExecutor(recording))([...values.values()]);
}

/** Runs kernels on the tape: each by those that TensorFlow.js has a gradient for. The open scope owns what they make. */
function tapeExecutor(recording: Recording): Executor<KernelOp, Tensor> {
  return {
    constant: value => recording.tensorOf(value),
    run(node, operands) {
      const {kernel, attrs, inputNames} = node.op;
      const plain = plainKernel(kernel, attrs);
      if (plain === null) return runNode(node, operands);
      const {bias, ...factors} = Object.fromEntries(inputNames.map((name, i) => [name, operands[i]!]));
      const [product] = runKernel(plain.kernel, factors, plain.attrs);
      return [bias === undefined ? product! : tf.add(product!, bias)];
    },
    dispose() {},
    share: tensor => tensor,
  };
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
export function recordReplay(recording: Recording, from: readonly Value[], outputs: readonly Value[]): Replayed {
  const recorder = new Recorder();
  try {
    const values = new Map(from.map(value => [value, recording.tensorOf(value)]));
    return {recording: recorder.recording, outputs: replayAll(recording, values, outputs)};
  } catch (error) {
    recorder.recording.release();
    throw error;
  } finally {
    recorder.stop();
  }
}
