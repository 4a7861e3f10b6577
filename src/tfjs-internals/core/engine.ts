import type {DataType, NamedTensorMap, Tensor, TypedArray, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** A kernel's attributes, by TensorFlow.js' names. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A node of TensorFlow.js' tape. */
export interface TapeNode {
  readonly outputs: readonly Tensor[];
  /** Kept for the backward pass. */
  readonly saved: readonly Tensor[];
}

/** The state of the running engine. */
export interface EngineState {
  gradientDepth: number;
  /** Above zero inside a kernel or a custom gradient's forward function, where the tape is off. */
  kernelDepth: number;
  activeTape?: readonly TapeNode[] | null;
  readonly profiling: boolean;
}

/** The private members of tfjs-core's engine that this package uses. */
export interface EngineInternals {
  runKernel(kernelName: string, inputs: NamedTensorMap, attrs?: Attributes): Tensor | Tensor[];
  gradients(
    f: () => Tensor,
    xs: readonly Tensor[],
    dy: Tensor | null,
    allowNoGradients: boolean,
  ): {value: Tensor; grads: (Tensor | null | undefined)[]};
  startTape(): void;
  /** Runs a kernel, or the forward function that was given to `tf.customGrad`. */
  runKernelFunc(call: {readonly forwardFunc?: unknown; readonly kernelName?: string}): Tensor | Tensor[];
  trackTensor(tensor: Tensor, backend: unknown): void;
  track(tensor: Tensor): Tensor;
  readonly backend: {incRef(dataId: object): void};
  readonly state: EngineState;
  /** Makes a tensor of numbers of JavaScript. */
  makeTensor(values: TypedArray, shape: readonly number[], dtype?: DataType, backend?: unknown): Tensor;
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
}

/** The engine of tfjs-core, with its private members. */
export function engine(): EngineInternals {
  return tf.engine() as unknown as EngineInternals;
}

/** The id of the next tensor: all later ones have it or a greater one. */
export function nextTensorId(): number {
  return (tf.engine().constructor as unknown as {readonly nextTensorId: number}).nextTensorId;
}

/** Begins to watch which variables are made. Returns a function that lists those that have been made since. */
export function newVariables(): () => Variable[] {
  const before = new Set(Object.values(tf.engine().registeredVariables));
  return () => Object.values(tf.engine().registeredVariables).filter(variable => !before.has(variable));
}
