import type {Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../graph/graph.js';
import type {Executor} from '../graph/interpret.js';
import type {KernelNode, KernelOp} from './kernel-op.js';
import {runKernel} from './run-kernel.js';

/** Runs a node's kernel on tensors. The open scope owns the results. */
export function runNode({op, inputs: {length}}: KernelNode, operands: readonly Tensor[]): Tensor[] {
  const inputs: Record<string, Tensor> = {};
  for (let i = 0; i < length; i++) inputs[op.inputNames[i]!] = operands[i]!;
  return runKernel(op.kernel, inputs, op.attrs);
}

/** Runs kernels one by one; tensors are disposed of after their last use. */
export function kernelExecutor(constant: (value: Value) => Tensor): Executor<KernelOp, Tensor> {
  return {
    constant,
    run: runNode,
    dispose: tensor => tensor.dispose(),
    share: tensor => tensor.clone(),
  };
}
