import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';

/** An attribute of a TensorFlow op: its name, which of the `TF_ATTR_…` it is, and its value. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A tensor of the native engine: its id, and TensorFlow's number of its type. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** The functions of TensorFlow.js' addon, which calls TensorFlow's C library. */
export interface NativeBinding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_SHAPE: number;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[];
  createTensor(shape: readonly number[], dtype: number, values: ArrayLike<number>): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): ArrayLike<number>;
  loadSavedModel(directory: string, tags: string): number;
  /** @param inputNames names separated by commas, as are `outputNames`. */
  runSavedModel(model: number, inputs: readonly number[], inputNames: string, outputNames: string): NativeTensor[];
  deleteSavedModel(model: number): void;
  /**
   * Registers a graph as a function, which `executeOp` runs by its name. Only the addon that our set-up builds has it.
   *
   * @param graph a serialized `GraphDef`.
   * @param inputNames names such as `x:0`, separated by commas, as are `outputNames`.
   * @returns the function's name.
   */
  addGraphFunction?(graph: Uint8Array, inputNames: string, outputNames: string): string;
  /** Removes a function, and what TensorFlow has made to run it. */
  removeGraphFunction?(name: string): void;
  /** Whether signals wait until TensorFlow has computed. Only of the addon that our set-up builds. */
  readonly holdsSignals?: boolean;
}

/** The members of the native engine's backend, in `@tensorflow/tfjs-node`, beyond TensorFlow.js' interface. */
export interface NativeBackend {
  binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: {get(dataId: object): {readonly shape: readonly number[]; readonly dtype: number}};
  /** The ids of tensors. Values that are still in JavaScript are first copied to the engine. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  /** Makes a tensor in the open scope. */
  createOutputTensor(made: NativeTensor): Tensor;
  executeSingleOutput(op: string, attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): Tensor;
}

/** The native engine's backend; `null` if another engine is in use. */
export function nativeBackend(): NativeBackend | null {
  if (tf.getBackend() !== 'tensorflow') return null;
  const backend = tf.backend() as unknown as Partial<NativeBackend>;
  return typeof backend.binding?.executeOp === 'function' ? (backend as NativeBackend) : null;
}

/** The native engine's backend, as its kernels get it. */
export function asNativeBackend(backend: object): NativeBackend {
  return backend as NativeBackend;
}

/** Replaces how the native backend runs ops, and how it hands tensors over to them. */
export function replaceBackendParts(
  backend: NativeBackend,
  parts: Pick<NativeBackend, 'binding' | 'getInputTensorIds'>,
): Undo {
  return patch<typeof parts>(backend, parts);
}
