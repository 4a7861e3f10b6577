import * as tf from '@tensorflow/tfjs-core';

interface EngineState {
  readonly gradientDepth: number;
  readonly kernelDepth: number;
  readonly profiling: boolean;
}

function state(): EngineState {
  return (tf.engine() as unknown as {readonly state: EngineState}).state;
}

/** Whether TensorFlow.js writes down what runs, to go back through it. */
export function isOnTape(): boolean {
  const {gradientDepth, kernelDepth} = state();
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Whether somebody follows kernels as they run: the tape, TensorFlow.js' profile or checks, or who stands in `runKernel`'s place. */
export function isObserved(): boolean {
  return isOnTape() || state().profiling || tf.env().getBool('DEBUG') || Object.hasOwn(tf.engine(), 'runKernel');
}
