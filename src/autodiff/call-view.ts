import type {Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../tfjs-internals/core/engine.js';
import type {RecordedCall, Slot} from './recording.js';
import type {KernelCall} from './rule.js';

/** A recorded call as its rule sees it; where its values come from and what is kept is for those who make one. */
export abstract class CallView implements KernelCall {
  constructor(protected readonly recorded: RecordedCall) {}

  get kernel(): string {
    return this.recorded.kernel;
  }

  get attrs(): Attributes {
    return this.recorded.attrs;
  }

  get inputNames(): string[] {
    return [...this.recorded.inputs.keys()];
  }

  shape(input: string): readonly number[] {
    return this.input(input).shape;
  }

  outputShape(index = 0): readonly number[] {
    return this.output(index).shape;
  }

  valueId(input: string): number {
    return this.input(input).index;
  }

  outputId(index = 0): number {
    return this.output(index).index;
  }

  peek(input: string): Tensor {
    return this.valueAt(this.input(input));
  }

  peekOutput(index = 0): Tensor {
    return this.valueAt(this.output(index));
  }

  abstract hold(input: string): Tensor;
  abstract memo(key: string, make: () => Tensor): Tensor;
  abstract constant(key: string, make: () => Tensor): Tensor;
  abstract shared(key: string, make: () => Tensor): Tensor;

  protected abstract valueAt(slot: Slot): Tensor;

  protected input(name: string): Slot {
    return this.recorded.inputs.get(name)!;
  }

  private output(index: number): Slot {
    return this.recorded.outputs[index]!;
  }
}
