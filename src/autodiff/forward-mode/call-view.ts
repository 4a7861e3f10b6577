import type {Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {inputNamed} from '../../kernels/kernel-op.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import type {Recording} from '../recording/recording.js';
import type {KernelCall} from '../rules/rule.js';

import {KeptTensors} from './kept-tensors.js';

/** A recorded kernel as its rule sees it. Subclasses decide where the values come from. */
export abstract class CallView implements KernelCall {
  private readonly memos = new KeptTensors();

  constructor(
    protected readonly node: KernelNode,
    protected readonly recording: Recording,
  ) {}

  get kernel(): string {
    return this.node.op.kernel;
  }

  get attrs(): Attributes {
    return this.node.op.attrs;
  }

  get inputNames(): readonly string[] {
    return this.node.op.inputNames;
  }

  shape(input: string): readonly number[] {
    return this.input(input).shape;
  }

  outputShape(index = 0): readonly number[] {
    return this.output(index).shape;
  }

  valueId(input: string): number {
    return this.recording.idOf(this.input(input));
  }

  outputId(index = 0): number {
    return this.recording.idOf(this.output(index));
  }

  peek(input: string): Tensor {
    return this.tensorOf(this.input(input));
  }

  peekOutput(index = 0): Tensor {
    return this.tensorOf(this.output(index));
  }

  hold(input: string): Tensor {
    return this.peek(input);
  }

  memo(key: string, make: () => Tensor): Tensor {
    return this.memos.get(key, make);
  }

  constant(key: string, make: () => Tensor): Tensor {
    return this.memo(key, make);
  }

  shared(key: string, make: () => Tensor): Tensor {
    return this.constant(key, make);
  }

  dispose(): void {
    this.memos.dispose();
  }

  protected abstract tensorOf(value: Value): Tensor;

  protected input(name: string): Value {
    return inputNamed(this.node, name)!;
  }

  private output(index: number): Value {
    return this.node.outputs[index]!;
  }
}
