import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {interpreter} from '../graph/interpret.js';
import type {CapturedFunction} from './captured-function.js';
import {explainKernels} from './explain.js';
import {kernelExecutor} from './kernel-executor.js';

/** A captured function that runs kernel by kernel, on any engine. */
export class KernelProgram {
  private readonly interpret: (inputs: readonly Tensor[]) => Tensor[];

  constructor(private readonly captured: CapturedFunction) {
    this.interpret = interpreter(captured.graph, kernelExecutor(captured.constant));
  }

  /** @returns tensors of the open scope. */
  run(inputs: readonly Tensor[]): Tensor[] {
    return tf.tidy(() => this.interpret(inputs));
  }

  /** The program as text. */
  explain(): string {
    return explainKernels(this.captured.graph);
  }
}
