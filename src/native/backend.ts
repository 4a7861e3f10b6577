import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow op: its name, which of the `TF_ATTR_…` it is, and its value. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What the native engine tells of a tensor: where it lies, and TensorFlow's number of its type. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** The functions of TensorFlow's C library, as TensorFlow.js' addon offers them. */
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
  /** @param inputNames and `outputNames` are lists with commas. */
  runSavedModel(model: number, inputs: readonly number[], inputNames: string, outputNames: string): NativeTensor[];
  deleteSavedModel(model: number): void;
}

/**
 * What the native engine's backend offers beyond TensorFlow.js' interface.
 *
 * Everything private that this package touches in `@tensorflow/tfjs-node` is named here, and nowhere else.
 */
export interface NativeBackend {
  binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: {get(dataId: object): {readonly shape: readonly number[]; readonly dtype: number}};
  /** Where the tensors lie; values that are still in JavaScript are handed over first. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  /** A tensor of the open scope. */
  createOutputTensor(made: NativeTensor): Tensor;
  executeSingleOutput(op: string, attributes: readonly OpAttribute[], inputs: readonly TensorInfo[]): Tensor;
}

/** The native engine's backend, where that is the one in use. */
export function nativeBackend(): NativeBackend | null {
  if (tf.getBackend() !== 'tensorflow') return null;
  const backend = tf.backend() as unknown as Partial<NativeBackend>;
  return typeof backend.binding?.executeOp === 'function' ? (backend as NativeBackend) : null;
}
