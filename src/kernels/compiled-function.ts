import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {lower} from '../native/lower.js';
import {NativeProgram} from '../native/native-program.js';
import type {GraphLoading} from '../native/tensorflow-graph.js';
import {isObserved} from '../tfjs-internals/core/tape.js';
import {nativeBackend} from '../tfjs-internals/node/backend.js';
import {captureFunction} from './captured-function.js';
import {KernelProgram} from './kernel-program.js';

/** Makes tensors of others. */
export type Body = () => readonly Tensor[];

/** A program, and the engine that it was made on. */
interface Compiled {
  readonly engine: string;
  readonly program: NativeProgram | KernelProgram;
}

/**
 * A function of tensors that runs the same kernels on the same held tensors each time, compiled by its first call: later calls
 * run its graph, of TensorFlow's ops on the native engine and of kernels on the others. While somebody observes kernels (a
 * tape, `tf.profile`, debug mode) it runs as it is.
 */
export class CompiledFunction {
  private compiled: Compiled | null = null;
  private isRefused = false;

  /**
   * @param loading when the graph is loaded into TensorFlow: once it has run often enough for that to pay, or `'at once'`
   *     for functions that are known to run often. Both give the same bits.
   */
  constructor(private readonly loading: GraphLoading = 'when it pays') {}

  /**
   * @param body computes the outputs from the inputs by kernels. What else it reads must be held until `dispose`.
   * @returns tensors of the open scope.
   */
  call(inputs: readonly Tensor[], body: Body): readonly Tensor[] {
    if (this.isRefused || isObserved()) return body();
    const engine = tf.getBackend();
    if (this.compiled !== null) return this.compiled.engine === engine ? this.compiled.program.run(inputs) : body();
    const {outputs, program} = compile(inputs, body, this.loading);
    if (program === null) {
      this.isRefused = true;
      return outputs;
    }
    this.compiled = {engine, program};
    return this.loading === 'at once' && program instanceof NativeProgram ? program.run(inputs) : outputs;
  }

  dispose(): void {
    if (this.compiled?.program instanceof NativeProgram) this.compiled.program.dispose();
    this.compiled = null;
    this.isRefused = true;
  }
}

function compile(inputs: readonly Tensor[], body: Body, loading: GraphLoading) {
  const backend = nativeBackend();
  if (backend === null) {
    const {outputs, captured} = captureFunction(inputs, body);
    return {outputs, program: captured && new KernelProgram(captured)};
  }
  const {outputs, lowered} = lower(backend, inputs, body);
  return {outputs, program: lowered && new NativeProgram(backend, lowered, loading)};
}
