import {withKernels} from '../../tfjs-internals/core/kernels.js';
import {correctionOf} from './backward-kernels/correction-table.js';
import {replaceWrongGradients} from './wrong-gradients.js';

/** Runs a function in which gradients are those of their kernels: of what it runs forward, and then goes back through. */
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
