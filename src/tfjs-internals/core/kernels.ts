import type {Tensor} from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import {type EngineInternals, engine} from './engine.js';

/** Runs a kernel. */
export type RunKernel = EngineInternals['runKernel'];

/**
 * Replaces the engine's `runKernel`, through which every kernel passes, forward and backward.
 *
 * @param make is given the function that runs kernels now.
 */
export function replaceRunKernel(make: (run: RunKernel) => RunKernel): Undo {
  const target = engine();
  return patch(target, {runKernel: make(target.runKernel.bind(target))});
}

/** Runs a function with the engine's `runKernel` replaced. */
export function withKernels<T>(make: (run: RunKernel) => RunKernel, body: () => T): T {
  const undo = replaceRunKernel(make);
  try {
    return body();
  } finally {
    undo();
  }
}

/** Runs a kernel by calling `run`, and may do something before and after. */
export type AroundKernel = (kernelName: string, run: () => Tensor | Tensor[]) => Tensor | Tensor[];

/** Passes all kernels through a function, except those that run inside another kernel. */
export function interceptKernels(around: AroundKernel): Undo {
  return replaceRunKernel(run => intercepted(around, run));
}

function intercepted(around: AroundKernel, run: RunKernel): RunKernel {
  let depth = 0;
  return (kernelName, inputs, attrs) => {
    if (depth > 0) return run(kernelName, inputs, attrs);
    depth++;
    try {
      return around(kernelName, () => run(kernelName, inputs, attrs));
    } finally {
      depth--;
    }
  };
}

/** The names of the kernels that a function runs, in order. Other replacements of `runKernel` do not see these kernels. */
export function namesOfKernels(body: () => void): string[] {
  const names: string[] = [];
  const target = engine();
  const plain = (Object.getPrototypeOf(target) as EngineInternals).runKernel.bind(target);
  withKernels(
    () =>
      intercepted((kernelName, run) => {
        names.push(kernelName);
        return run();
      }, plain),
    body,
  );
  return names;
}
