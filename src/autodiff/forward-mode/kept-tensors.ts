import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Tensors by key, computed at first use and kept until `dispose`. */
export class KeptTensors {
  private readonly tensors = new Map<string, Tensor>();

  get(key: string, make: () => Tensor): Tensor {
    let tensor = this.tensors.get(key);
    if (tensor === undefined) {
      tensor = tf.tidy(() => tf.keep(make()));
      this.tensors.set(key, tensor);
    }
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }
}
