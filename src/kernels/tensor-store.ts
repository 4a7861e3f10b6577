import type {Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../graph/graph.js';
import {holdTensor} from '../tfjs-internals/core/tensors.js';

interface Entry {
  readonly id: number;
  /** `null` after release. */
  tensor: Tensor | null;
  readonly isHeld: boolean;
}

/** The tensors of a graph's values, with a reference of its own to each tensor that must outlive its scope. */
export class TensorStore {
  private readonly entries = new Map<Value, Entry>();
  private readonly names = new Map<number, {readonly value: Value; readonly dataId: object}>();

  /** The value of a tensor; `undefined` if the tensor is unknown. */
  find(tensor: Tensor): Value | undefined {
    const known = this.names.get(tensor.id);
    // A variable keeps its id when it is assigned. A clone may have its own data: WebAssembly's `Identity` copies.
    return known?.dataId === tensor.dataId ? known.value : undefined;
  }

  /**
   * Adds a tensor as a new value.
   *
   * @param hold whether the store holds its own reference to the tensor.
   */
  add(tensor: Tensor, hold: boolean): Value {
    const {shape, dtype} = tensor;
    const value: Value = {shape, dtype};
    this.entries.set(value, {id: this.entries.size, tensor: hold ? holdTensor(tensor) : tensor, isHeld: hold});
    this.alias(tensor, value);
    return value;
  }

  /** Makes a tensor another name of an existing value. */
  alias(tensor: Tensor, value: Value): void {
    this.names.set(tensor.id, {value, dataId: tensor.dataId});
  }

  /** Whether the store holds its own reference to the tensor of a value. */
  owns(value: Value): boolean {
    return this.entries.get(value)!.isHeld;
  }

  /** The tensor of a value; the store keeps owning it. */
  tensorOf(value: Value): Tensor {
    const tensor = this.entries.get(value)?.tensor;
    if (!tensor) throw new Error('a recorded value was used after its release');
    return tensor;
  }

  /** The number of a value in this store. */
  idOf(value: Value): number {
    return this.entries.get(value)!.id;
  }

  /** Releases the held tensors, except those to keep. */
  release(keep: (value: Value) => boolean = () => false): void {
    for (const [value, entry] of this.entries) {
      if (entry.tensor === null || keep(value)) continue;
      if (entry.isHeld) entry.tensor.dispose();
      entry.tensor = null;
    }
  }
}
