import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {interpreter} from '../graph/interpret.js';
import type {CapturedFunction} from './captured-function.js';
import {kernelExecutor} from './kernel-executor.js';

/** A captured function that runs kernel by kernel, on any engine. */
export class KernelProgram {
  private readonly interpret: (inputs: readonly Tensor[]) => Tensor[];

  constructor({graph, constant}: CapturedFunction) {
    this.interpret = interpreter(graph, kernelExecutor(constant));
  }

  /** @returns tensors of the open scope. */
  run(inputs: readonly Tensor[]): Tensor[] {
    return tf.tidy(() => this.interpret(inputs));
  }
}
