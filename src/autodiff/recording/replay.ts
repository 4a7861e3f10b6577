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
 * Runs the recorded kernels between some values and an output again, on other tensors.
 *
 * If TensorFlow.js' tape is on, the kernels run on it. What does not depend differentiably on the values is a constant.
 *
 * @param values the tensors that replace the recorded values.
 * @returns a tensor of the open scope.
 */
export function replay(recording: Recording, values: ReadonlyMap<Value, Tensor>, output: Value): Tensor {
  return replayAll(recording, values, [output])[0]!;
}

function replayAll(recording: Recording, values: ReadonlyMap<Value, Tensor>, outputs: readonly Value[]): Tensor[] {
  const graph = functionBetween(recording.nodes, [...values.keys()], outputs);
  return interpreter(graph, tapeExecutor(recording))([...values.values()]);
}

/** Runs kernels on the tape; fused kernels, which have no gradient, run as plain ones. The open scope owns the results. */
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

/** A recorded function that was run again and recorded a second time. */
export interface Replayed {
  /** The caller releases it. */
  readonly recording: Recording;
  readonly outputs: readonly Tensor[];
}

/**
 * Runs the recorded kernels between two sets of values again, on the same tensors, and records them.
 *
 * Then every kernel is on the tape with its own gradient. If the function itself takes a gradient, TensorFlow.js' tape of the
 * first run lacks the derivatives through that gradient; the tape of the second run has them.
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
