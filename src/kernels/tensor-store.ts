import type {Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../graph/graph.js';
import {holdTensor} from '../tfjs-internals/core/tensors.js';

interface Entry {
  readonly id: number;
  /** `null` once it has been released. */
  tensor: Tensor | null;
  readonly isHeld: boolean;
}

/** The tensors behind the values of a graph: which tensor is which value, and a second reference to what must outlive its scope. */
export class TensorStore {
  private readonly entries = new Map<Value, Entry>();
  private readonly names = new Map<number, {readonly value: Value; readonly dataId: object}>();

  /** The value of a tensor that is known, or `undefined`. */
  find(tensor: Tensor): Value | undefined {
    const known = this.names.get(tensor.id);
    // A variable keeps its id when it is assigned a new value. A clone may have data of its own: WebAssembly's `Identity` copies.
    return known?.dataId === tensor.dataId ? known.value : undefined;
  }

  /**
   * Makes a new value of a tensor.
   *
   * @param hold whether the store owns a reference to it; without, only its name is known, or it is held by others.
   */
  add(tensor: Tensor, hold: boolean): Value {
    const {shape, dtype} = tensor;
    const value: Value = {shape, dtype};
    this.entries.set(value, {id: this.entries.size, tensor: hold ? holdTensor(tensor) : tensor, isHeld: hold});
    this.alias(tensor, value);
    return value;
  }

  /** Makes a tensor another name of a value. */
  alias(tensor: Tensor, value: Value): void {
    this.names.set(tensor.id, {value, dataId: tensor.dataId});
  }

  /** Whether the store owns a reference to the tensor of a value. */
  owns(value: Value): boolean {
    return this.entries.get(value)!.isHeld;
  }

  /** The tensor of a value. It stays the store's. */
  tensorOf(value: Value): Tensor {
    const tensor = this.entries.get(value)?.tensor;
    if (!tensor) throw new Error('a recorded value was asked for after it had been released');
    return tensor;
  }

  /** Tells a value from all others of the store. */
  idOf(value: Value): number {
    return this.entries.get(value)!.id;
  }

  /** Gives back what is held, except for what is to be kept. */
  release(keep: (value: Value) => boolean = () => false): void {
    for (const [value, entry] of this.entries) {
      if (entry.tensor === null || keep(value)) continue;
      if (entry.isHeld) entry.tensor.dispose();
      entry.tensor = null;
    }
  }
}
