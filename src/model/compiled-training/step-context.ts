import type {Tensor} from '@tensorflow/tfjs-core';

/** What a training step that gets compiled must know of the code that it runs. */
export interface StepContext {
  /** Makes a tensor that differs from step to step although the batch does not say so. */
  fresh(make: () => Tensor): Tensor;
  /** Hands tensors of the step to `use`, in this step and in each later one. */
  handOver(tensors: readonly Tensor[], use: (tensors: readonly Tensor[]) => void): void;
  /** Lets the model train by plain steps from now on. */
  refuse(reason: string): void;
}

/** The step that runs now, if it gets compiled. Steps are synchronous and do not nest. */
let current: StepContext | null = null;

/** The step that runs now, if it gets compiled. */
export function compiledStepContext(): StepContext | null {
  return current;
}

/** Runs the code of a step that gets compiled. */
export function inCompiledStep<T>(context: StepContext, body: () => T): T {
  const before = current;
  current = context;
  try {
    return body();
  } finally {
    current = before;
  }
}

/**
 * Makes a tensor that differs from step to step although the batch does not say so: random numbers, a strength. A compiled step
 * calls `make` again in each step, before it runs.
 */
export function freshInStep(make: () => Tensor): Tensor {
  return current?.fresh(make) ?? make();
}

/**
 * Hands tensors of a training step to `use`: at once, or when the compiled step has run. The tensors belong to the scope in which
 * `use` is called.
 */
export function handOver(tensors: readonly Tensor[], use: (tensors: readonly Tensor[]) => void): void {
  if (current === null) use(tensors);
  else current.handOver(tensors, use);
}
