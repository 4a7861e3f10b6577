import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import {engine} from './engine.js';

/** Whether TensorFlow.js writes the kernels that run on a gradient tape. */
export function isOnTape(): boolean {
  const {gradientDepth, kernelDepth} = engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Whether somebody follows kernels as they run: the tape, `tf.profile`, debug mode, or a replaced `runKernel`. */
export function isObserved(): boolean {
  return isOnTape() || engine().state.profiling || tf.env().getBool('DEBUG') || Object.hasOwn(tf.engine(), 'runKernel');
}

/** Hears of gradients. */
export interface GradientListener {
  /** A gradient is taken inside a function of which a gradient is being taken. */
  onNested(): void;
  /** `tf.customGrad` runs a function forward. */
  onCustom(forward: () => void): void;
}

/** Reports nested gradients and custom gradients to a listener. */
export function watchGradients(listener: GradientListener): Undo {
  const target = engine();
  const {startTape, runKernelFunc, state} = target;
  return patch(target, {
    startTape() {
      if (state.gradientDepth > 0) listener.onNested();
      startTape.call(target);
    },
    runKernelFunc(call) {
      if (call.forwardFunc === undefined) return runKernelFunc.call(target, call);
      let outputs: Tensor | Tensor[];
      listener.onCustom(() => {
        outputs = runKernelFunc.call(target, call);
      });
      return outputs!;
    },
  });
}

/** Disposes of what the tape has saved for a gradient that failed, which TensorFlow.js leaves there. */
export function abandonTape(): void {
  const {state} = engine();
  // A gradient around it may still need the tape.
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const {saved} of state.activeTape) for (const tensor of saved) tensor.dispose();
  state.activeTape = null;
}

/** Runs a function whose kernels are not written on the tape: its results count as constants there. */
export function offTape<T>(body: () => T): T {
  const {state} = engine();
  state.kernelDepth++;
  try {
    return body();
  } finally {
    state.kernelDepth--;
  }
}

/** A function's value and gradients, on a tape of its own even inside another gradient; `null` for an input without one. */
export function valueAndGradients<T extends Tensor>(
  f: () => T,
  xs: readonly Tensor[],
): {value: T; gradients: (Tensor | null)[]} {
  const {state} = engine();
  const restore = patch(state, {gradientDepth: 0, kernelDepth: 0, activeTape: null});
  try {
    const {value, grads} = engine().gradients(f, xs, null, true);
    return {value: value as T, gradients: grads.map(gradient => gradient ?? null)};
  } finally {
    // A function that failed has left it there.
    for (const {saved} of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    restore();
  }
}
