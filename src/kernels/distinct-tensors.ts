import type {Tensor} from '@tensorflow/tfjs-core';

/** The outputs of a function: each tensor once, though it may be several results. */
export class DistinctTensors {
  readonly tensors: Tensor[] = [];

  /** The position of a tensor among the outputs; a new one becomes the last. */
  place(tensor: Tensor): number {
    const at = this.tensors.indexOf(tensor);
    return at >= 0 ? at : this.tensors.push(tensor) - 1;
  }
}
