import type {DataType, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {isOnTape} from '../native/observed.js';
import {runQuicker} from './native-kernels.js';

/** A kernel's attributes, by TensorFlow.js' names. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A node of TensorFlow.js' tape. */
export interface TapeNode {
  readonly outputs: readonly Tensor[];
  /** Kept for the backward pass. */
  readonly saved: readonly Tensor[];
}

/**
 * The parts of TensorFlow.js' engine that recording needs and that its types keep to themselves.
 *
 * Everything private that this package touches in tfjs-core is named here, and nowhere else.
 */
export interface EngineInternals {
  runKernel(kernelName: string, inputs: NamedTensorMap, attrs?: Attributes): Tensor | Tensor[];
  gradients(
    f: () => Tensor,
    xs: readonly Tensor[],
    dy: Tensor | null,
    allowNoGradients: boolean,
  ): {value: Tensor; grads: (Tensor | null | undefined)[]};
  startTape(): void;
  endTape(): void;
  /** Runs a kernel, or, with a forward function, what `tf.customGrad` was given. */
  runKernelFunc(call: {readonly forwardFunc?: unknown; readonly kernelName?: string}): Tensor | Tensor[];
  trackTensor(tensor: Tensor, backend: unknown): void;
  track(tensor: Tensor): Tensor;
  readonly backend: {incRef(dataId: object): void};
  readonly state: {
    gradientDepth: number;
    /** Above zero inside a kernel or a custom gradient's forward function, where the tape is off. */
    kernelDepth: number;
    activeTape?: readonly TapeNode[] | null;
  };
}

export function engine(): EngineInternals {
  return tf.engine() as unknown as EngineInternals;
}

/** Kernels that take their inputs as an array, not as a map. */
const ARRAY_INPUT_KERNELS: ReadonlySet<string> = new Set(['Concat', 'Pack', 'AddN', 'Einsum']);

/** Runs a kernel through the engine: on the tape where one is being written. */
export function runKernel(
  kernelName: string,
  inputs: Readonly<Record<string, Tensor>>,
  typedAttrs: object = {},
): Tensor[] {
  const attrs = typedAttrs as Attributes;
  const given = ARRAY_INPUT_KERNELS.has(kernelName) ? Object.values(inputs) : inputs;
  const quick = isOnTape() || listeners.size > 0 ? null : runQuicker(kernelName, inputs, attrs);
  if (quick !== null) return [quick];
  const outputs = engine().runKernel(kernelName, given as NamedTensorMap, attrs);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Those who write down what runs, and know TensorFlow.js' kernels alone. */
const listeners = new Set<object>();

/** Runs every kernel by its own name, until what it returns is called. */
export function runAsNamed(): () => void {
  const listener = {};
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** What happens to gradients while somebody listens. */
export interface GradientListener {
  /** A gradient is taken inside a function of which a gradient is being taken. */
  onNested(): void;
  /** `tf.customGrad` runs a function forward. */
  onCustom(forward: () => void): void;
}

/** Tells of gradients inside gradients and of custom ones, until what it returns is called. */
export function watchGradients(listener: GradientListener): () => void {
  const target = engine();
  const {startTape, runKernelFunc, state} = target;
  const undo = [
    replaceOwn(target, 'startTape', () => {
      if (state.gradientDepth > 0) listener.onNested();
      startTape.call(target);
    }),
    replaceOwn(target, 'runKernelFunc', call => {
      if (call.forwardFunc === undefined) return runKernelFunc.call(target, call);
      let outputs: Tensor | Tensor[];
      listener.onCustom(() => {
        outputs = runKernelFunc.call(target, call);
      });
      return outputs!;
    }),
  ];
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/** Gives an object a property of its own; returns what puts back what was there. */
function replaceOwn<T extends object, K extends keyof T>(target: T, name: K, value: T[K]): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  target[name] = value;
  return () => {
    if (own === undefined) delete target[name];
    else Object.defineProperty(target, name, own);
  };
}

/** Runs a kernel, as whoever listens hears of it. */
type RunKernel = EngineInternals['runKernel'];

/** Runs a function; each kernel that it asks for goes through what `replace` makes of the way that kernels run now. */
export function withKernels<T>(replace: (run: RunKernel) => RunKernel, body: () => T): T {
  const target = engine();
  const restore = replaceOwn(target, 'runKernel', replace(target.runKernel.bind(target)));
  try {
    return body();
  } finally {
    restore();
  }
}

/** What stands around a kernel: it runs it, and may do something before and after. */
export type AroundKernel = (kernelName: string, run: () => Tensor | Tensor[]) => Tensor | Tensor[];

/**
 * Has all kernels pass through a function until what it returns is called, except those that run inside another one.
 *
 * @param inner runs them; by default what has run them until now.
 */
export function interceptKernels(around: AroundKernel, inner = engine().runKernel): () => void {
  const target = engine();
  let depth = 0;
  return replaceOwn(target, 'runKernel', (kernelName, inputs, attrs) => {
    const run = () => inner.call(target, kernelName, inputs, attrs);
    if (depth > 0) return run();
    depth++;
    try {
      return around(kernelName, run);
    } finally {
      depth--;
    }
  });
}

/** The names of the kernels that a function runs, in their order; who else listens to kernels does not hear of these. */
export function namesOfKernels(body: () => void): string[] {
  const names: string[] = [];
  const stop = interceptKernels(
    (kernelName, run) => {
      names.push(kernelName);
      return run();
    },
    (Object.getPrototypeOf(engine()) as EngineInternals).runKernel,
  );
  try {
    body();
  } finally {
    stop();
  }
  return names;
}

/** The part of a WebGPU device that tells of errors. */
export interface ErrorScopes {
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{readonly message: string} | null>;
  readonly lost: Promise<{readonly message: string}>;
}

/** The parts of the WebGPU backend that its type keeps to itself. */
interface GpuBackend {
  readonly device: ErrorScopes;
  readonly tensorMap: {get(dataId: object): {readonly dtype: DataType}};
  /** Holds what has run and has not been handed to the device yet. */
  readonly commandEncoder: object | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** The WebGPU device in use; `null` on other engines. */
export function gpuDevice(): ErrorScopes | null {
  return tf.getBackend() === 'webgpu' ? (tf.backend() as unknown as GpuBackend).device : null;
}

/** Hands to the WebGPU device what has run until now. */
export function submitCommands(): void {
  const backend = tf.backend() as unknown as GpuBackend;
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** The type of a tensor's buffer on WebGPU, which is not always the tensor's. */
export function bufferType(dataId: object): DataType {
  return (tf.backend() as unknown as GpuBackend).tensorMap.get(dataId).dtype;
}

/** Has a tensor's numbers, where they are read asynchronously, come only when a check has passed. */
export function readAfter(tensor: Tensor, check: () => Promise<void>): void {
  const {data} = tensor;
  const target = tensor as unknown as {data: () => Promise<unknown>};
  target.data = async () => {
    await check();
    return data.call(tensor);
  };
}

type TensorConstructor = new (shape: number[], dtype: DataType, dataId: object, id: number) => Tensor;

/**
 * A second reference to a tensor's data, under the same id, so that the tape takes one for the other.
 *
 * It outlives the original: a `tidy` that disposes of that leaves this one alone. The caller owns it.
 */
export function holdTensor(tensor: Tensor): Tensor {
  const {backend} = engine();
  backend.incRef(tensor.dataId);
  const held = new (tf.Tensor as unknown as TensorConstructor)(tensor.shape, tensor.dtype, tensor.dataId, tensor.id);
  engine().trackTensor(held, backend);
  return tf.keep(held);
}

/** Hands a kept tensor over to the scope that is open: who opened it owns the tensor now. */
export function intoScope(tensor: Tensor): Tensor {
  (tensor as {kept: boolean}).kept = false;
  return engine().track(tensor);
}

/** Runs a function and disposes of every tensor that it made and did not `tf.keep`, whatever it returns. */
export function inScope<T>(body: () => T): T {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** Gives back what the tape has saved for a gradient that failed half way, which TensorFlow.js leaves there. */
export function abandonTape(): void {
  const {state} = engine();
  // A gradient around it may still need the tape.
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const {saved} of state.activeTape) for (const tensor of saved) tensor.dispose();
  state.activeTape = null;
}

/** Runs a function whose kernels TensorFlow.js' tape is not to see: what it makes counts as constant there. */
export function offTape<T>(body: () => T): T {
  const {state} = engine();
  state.kernelDepth++;
  try {
    return body();
  } finally {
    state.kernelDepth--;
  }
}

/** A function's value and gradients, on a tape of its own whatever tape is being written; `null` where there is none. */
export function valueAndGradients<T extends Tensor>(
  f: () => T,
  xs: readonly Tensor[],
): {value: T; gradients: (Tensor | null)[]} {
  const {state} = engine();
  const {gradientDepth, kernelDepth, activeTape} = state;
  Object.assign(state, {gradientDepth: 0, kernelDepth: 0, activeTape: null});
  try {
    const {value, grads} = engine().gradients(f, xs, null, true);
    return {value: value as T, gradients: grads.map(gradient => gradient ?? null)};
  } finally {
    // A function that failed has left it there.
    for (const {saved} of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    Object.assign(state, {gradientDepth, kernelDepth, activeTape});
  }
}
