import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {lower} from '../native/lower.js';
import {NativeProgram} from '../native/native-program.js';
import type {GraphLoading} from '../native/tensorflow-graph.js';
import {isObserved} from '../tfjs-internals/core/tape.js';
import {holdTensor} from '../tfjs-internals/core/tensors.js';
import {nativeBackend} from '../tfjs-internals/node/backend.js';
import {captureFunction} from './captured-function.js';
import {KernelProgram} from './kernel-program.js';

/**
 * Makes a tensor that differs from call to call although the inputs do not say so, such as random numbers. The compiled function
 * calls `make` again in each of its calls.
 */
export type Fresh = (make: () => Tensor) => Tensor;

/** Computes the outputs. */
export type Body = (fresh: Fresh) => readonly Tensor[];

/** A program, and the engine that it was compiled on. */
interface Compiled {
  readonly engine: string;
  readonly program: NativeProgram | KernelProgram;
  /** Make the inputs that follow those of the caller. */
  readonly makers: readonly (() => Tensor)[];
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
    if (this.isRefused || isObserved()) return body(make => make());
    const engine = tf.getBackend();
    if (this.compiled !== null)
      return this.compiled.engine === engine ? run(this.compiled, inputs) : body(make => make());
    const fresh: Tensor[] = [];
    try {
      const {outputs, program, makers} = compile(inputs, body, this.loading, fresh);
      if (program === null || this.isRefused) {
        this.isRefused = true;
        disposeProgram(program);
        return outputs;
      }
      this.compiled = {engine, program, makers};
      return this.loading === 'at once' && program instanceof NativeProgram
        ? program.run([...inputs, ...fresh])
        : outputs;
    } finally {
      tf.dispose(fresh);
    }
  }

  /** Lets the function run uncompiled from now on. The body may call it too. */
  refuse(): void {
    disposeProgram(this.compiled?.program ?? null);
    this.compiled = null;
    this.isRefused = true;
  }

  /** The compiled program as text; `null` before the first call, and for what cannot be compiled. */
  explain(): string | null {
    return this.compiled?.program.explain() ?? null;
  }

  /** The number of TensorFlow's ops of the compiled program; 0 without one. */
  get ops(): number {
    const program = this.compiled?.program;
    return program instanceof NativeProgram ? program.ops : 0;
  }

  dispose(): void {
    this.refuse();
  }
}

function disposeProgram(program: Compiled['program'] | null): void {
  if (program instanceof NativeProgram) program.dispose();
}

function run({program, makers}: Compiled, inputs: readonly Tensor[]): Tensor[] {
  const fresh = makers.map(make => make());
  const outputs = program.run([...inputs, ...fresh]);
  tf.dispose(fresh);
  return outputs;
}

/** @param fresh gets the tensors of the makers, kept. */
function compile(inputs: readonly Tensor[], body: Body, loading: GraphLoading, fresh: Tensor[]) {
  const backend = nativeBackend();
  const makers: (() => Tensor)[] = [];
  if (backend === null) {
    const plain: Fresh = make => {
      makers.push(make);
      return make();
    };
    const {outputs, captured} = captureFunction(inputs, () => body(plain));
    // Kernels are captured for products only, which have the same inputs in each call.
    return {outputs, program: captured && makers.length === 0 ? new KernelProgram(captured) : null, makers};
  }
  const {outputs, lowered} = lower(backend, inputs, addInput =>
    body(make => {
      const tensor = make();
      addInput(tensor);
      fresh.push(holdTensor(tensor));
      makers.push(make);
      return tensor;
    }),
  );
  return {outputs, program: lowered && new NativeProgram(backend, lowered, loading), makers};
}
