import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {lower} from '../native/lower.js';
import {NativeProgram} from '../native/native-program.js';
import type {GraphLoading} from '../native/tensorflow-graph.js';
import {isObserved} from '../tfjs-internals/core/tape.js';
import {nativeBackend} from '../tfjs-internals/node/backend.js';
import {captureFunction} from './captured-function.js';
import {KernelProgram} from './kernel-program.js';

/** Computes the outputs. */
export type Body = () => readonly Tensor[];

/** A program, and the engine that it was compiled on. */
interface Compiled {
  readonly engine: string;
  readonly program: NativeProgram | KernelProgram;
}

/**
 * A function of tensors that runs the same kernels on the same held tensors in each call. The first call compiles it; later
 * calls run its graph: TensorFlow's ops on the native engine, kernels on other engines. While kernels are observed (by a tape,
 * `tf.profile` or debug mode), the function runs uncompiled.
 */
export class CompiledFunction {
  private compiled: Compiled | null = null;
  /** Whether the function turned out not to be compilable. */
  isRefused = false;

  /**
   * @param loading when TensorFlow loads the graph: after enough calls that loading pays, or `'at once'` for functions that
   *     run often. Both give the same bits. Default `'when it pays'`.
   */
  constructor(private readonly loading: GraphLoading = 'when it pays') {}

  /**
   * @param body computes the outputs from the inputs by kernels. Other tensors that it reads must be held until `dispose`.
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

  /** The compiled program as text; `null` before the first call, and for what cannot be compiled. */
  explain(): string | null {
    return this.compiled?.program.explain() ?? null;
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
