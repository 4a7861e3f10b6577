import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import type {OwnGradient} from '../recording/recording.js';
import {replay} from '../recording/replay.js';
import type {RecordedGradient} from './recorded-gradient.js';
import {recordGradient} from './recorded-gradient.js';

/** Whether a function takes gradients and has no custom gradient. Then the derivatives of its kernels give its derivative. */
export function takesGradients(ownGradients: readonly OwnGradient[]): boolean {
  return ownGradients.length > 0 && ownGradients.every(({kind}) => kind === 'nested');
}

/**
 * Records the gradient of a function that takes a gradient itself, by running its recorded kernels on the tape again.
 *
 * TensorFlow.js' own gradient of such a function lacks the derivatives through the values that the inner gradient has saved.
 */
export function recordAgain({recording, value}: RecordedGradient, variables: readonly Variable[]): RecordedGradient {
  const starts = new Map<Value, Variable>();
  for (const variable of variables) {
    const start = recording.find(variable);
    if (start !== undefined) starts.set(start, variable);
  }
  return recordGradient(() => replay(recording, starts, value) as Scalar, variables);
}
