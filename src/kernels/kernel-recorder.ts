import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../graph/graph.js';
import type {Attributes} from '../tfjs-internals/core/engine.js';
import {replaceRunKernel} from '../tfjs-internals/core/kernels.js';
import {type Undo, undoAll} from '../tfjs-internals/undo.js';
import type {KernelNode, KernelOp} from './kernel-op.js';
import {runAsNamed} from './run-kernel.js';
import {TensorStore} from './tensor-store.js';

/** The layer that is running; `null` if it is not known. */
export type LayerContext = () => string | null;

export interface KernelRecorderArgs {
  readonly layer?: LayerContext | undefined;
  /** Whether the store holds a reference to the outputs of kernels. */
  readonly holdsOutputs: boolean;
  /** Whether the store holds a reference to a tensor from outside. */
  readonly holdsInput: (tensor: Tensor) => boolean;
  /** Runs in place of a kernel and is recorded in its place; `null` for the kernel itself. */
  readonly replacement?: (kernel: string, inputs: NamedTensorMap, attrs: Attributes) => (() => Tensor[]) | null;
  /** Is called if a kernel throws. */
  readonly onError?: (error: unknown, node: KernelNode) => void;
}

/**
 * Records every kernel that tfjs-core runs, until it is stopped.
 *
 * Forward and backward kernels pass through `runKernel` of the engine instance. Nested kernels are not recorded, except
 * `Identity`: a clone is another name of the same value, and the tape makes its clones inside kernels.
 */
export class KernelRecorder {
  readonly nodes: KernelNode[] = [];
  readonly store = new TensorStore();
  private readonly restore: Undo;
  private isInside = false;
  private paused = 0;
  /** Clones made inside the running kernel; the values of their sources may only be known after it returns. */
  private clones: [source: Tensor, clone: Tensor][] = [];

  constructor(private readonly args: KernelRecorderArgs) {
    this.restore = undoAll([
      runAsNamed(),
      replaceRunKernel(
        run =>
          (kernel, inputs, attrs = {}) =>
            this.intercept(kernel, inputs, attrs, () => run(kernel, inputs, attrs)),
      ),
    ]);
  }

  stop(): void {
    this.restore();
  }

  get isPaused(): boolean {
    return this.paused > 0;
  }

  /** Runs a function whose kernels are not recorded. */
  pause<T>(body: () => T): T {
    this.paused++;
    try {
      return body();
    } finally {
      this.paused--;
    }
  }

  private intercept(
    kernel: string,
    inputs: NamedTensorMap,
    attrs: Attributes,
    run: () => Tensor | Tensor[],
  ): Tensor | Tensor[] {
    if (this.isPaused) return run();
    if (kernel === 'Identity') return this.recordClone(inputs.x!, run() as Tensor);
    if (this.isInside) return run();
    const replacement = this.args.replacement?.(kernel, inputs, attrs)?.();
    if (replacement !== undefined) return replacement.length === 1 ? replacement[0]! : replacement;
    const given = Object.entries(inputs).filter(([, tensor]) => tensor != null);
    const op: KernelOp = {kernel, attrs, inputNames: given.map(([name]) => name), layer: this.args.layer?.() ?? null};
    const node = {op, inputs: given.map(([, tensor]) => this.valueOf(tensor)), outputs: [] as Value[]};
    const made = this.runInside(run, node);
    let isNew = false;
    for (const tensor of [made].flat()) {
      const known = this.store.find(tensor);
      isNew ||= known === undefined;
      node.outputs.push(known ?? this.store.add(tensor, this.args.holdsOutputs));
    }
    // A kernel that returns its input computes nothing.
    if (isNew) this.nodes.push(node);
    for (const [source, clone] of this.clones.splice(0)) {
      const value = this.store.find(source);
      if (value !== undefined) this.store.alias(clone, value);
    }
    return made;
  }

  private runInside(run: () => Tensor | Tensor[], node: KernelNode): Tensor | Tensor[] {
    this.isInside = true;
    try {
      return run();
    } catch (error) {
      // They were kept for a backward pass that will not run.
      for (const [, clone] of this.clones.splice(0)) clone.dispose();
      this.args.onError?.(error, node);
      throw error;
    } finally {
      this.isInside = false;
    }
  }

  private recordClone(source: Tensor, clone: Tensor): Tensor {
    if (this.isInside) this.clones.push([source, clone]);
    else this.store.alias(clone, this.valueOf(source));
    return clone;
  }

  private valueOf(tensor: Tensor): Value {
    return this.store.find(tensor) ?? this.store.add(tensor, this.args.holdsInput(tensor));
  }
}
