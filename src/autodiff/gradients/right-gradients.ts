import {withKernels} from '../../tfjs-internals/core/kernels.js';
import {correctionOf} from './backward-kernels/correction-table.js';
import {replaceWrongGradients} from './wrong-gradients.js';

/** Runs a function in which every gradient is the derivative of its kernel; its forward and backward passes must both be inside. */
export function withRightGradients<T>(body: () => T): T {
  const restore = replaceWrongGradients();
  try {
    return withKernels(
      run =>
        (kernel, inputs, attrs = {}) => {
          const corrected = correctionOf(kernel, inputs, attrs)?.();
          if (corrected === undefined) return run(kernel, inputs, attrs);
          return corrected.length === 1 ? corrected[0]! : corrected;
        },
      body,
    );
  } finally {
    restore();
  }
}
