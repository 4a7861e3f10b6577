import {keep, type Tensor} from '@tensorflow/tfjs-core';

/**
 * Owns the tensors of a computation that awaits, which `tf.tidy` cannot: whatever happens, `dispose` leaves none behind.
 *
 * Tensors are marked with `tf.keep`, so that a scope of the caller's that ends between two awaits does not take them.
 */
export class TensorScope {
  private readonly owned = new Set<Tensor>();

  own<T extends Tensor>(tensor: T): T {
    this.owned.add(tensor);
    return keep(tensor);
  }

  /** Disposes of one tensor before its time. */
  release(tensor: Tensor): void {
    this.owned.delete(tensor);
    tensor.dispose();
  }

  /** Hands a tensor over to the caller, who owns it from now on. */
  yield<T extends Tensor>(tensor: T): T {
    this.owned.delete(tensor);
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.owned) tensor.dispose();
    this.owned.clear();
  }
}
