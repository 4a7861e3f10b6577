import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import type {Disposable} from '../../owned.js';
import type {Recording} from '../recording/recording.js';
import {record} from '../recording/recording.js';
import {Linearization} from './linearization.js';

type Pushes = ConstructorParameters<typeof Linearization>[3];

/** The recorded kernels of a scalar function and, if it was recorded, of its gradient. It owns the recording and the gradients. */
export class RecordedGradient implements Disposable {
  private isHandedOver = false;

  /**
   * @param value the function's value.
   * @param gradients one for each variable; `null` if the function does not depend on it.
   */
  constructor(
    readonly recording: Recording,
    readonly value: Value,
    readonly gradients: readonly (Tensor | null)[] = [],
  ) {}

  /** The derivative of some recorded tensors in others. It takes over the recording. */
  linearize(inputs: readonly (Tensor | null)[], outputs: readonly (Tensor | null)[], pushes?: Pushes): Linearization {
    this.isHandedOver = true;
    return linearize(this.recording, inputs, outputs, pushes);
  }

  dispose(): void {
    if (!this.isHandedOver) this.recording.release();
    for (const gradient of this.gradients) gradient?.dispose();
  }
}

/** Records a scalar function and its gradient. The caller owns the result. */
export function recordGradient(f: () => Scalar, variables: readonly Variable[]): RecordedGradient {
  const {result, recording} = record(({recording}) => {
    const {value, gradients} = keptGradients(f, variables);
    return {value: recording.valueOf(value), gradients};
  });
  return new RecordedGradient(recording, result.value, result.gradients);
}

/** A function's value and its gradients in some variables, kept; `null` if it does not depend on a variable. */
export function keptGradients(
  f: () => Scalar,
  variables: readonly Variable[],
): {value: Scalar; gradients: (Tensor | null)[]} {
  const {value, grads} = tf.variableGrads(f, [...variables]);
  const gradients = variables.map(({name}) => grads[name] ?? null);
  for (const gradient of gradients) if (gradient !== null) tf.keep(gradient);
  return {value, gradients};
}

/** The Hessian of a scalar function of some tensors, as a map of tangents. The caller owns it. */
export function linearizeGradient(f: (...xs: Tensor[]) => Scalar, xs: readonly Tensor[]): Linearization {
  const {result: gradients, recording} = record(() =>
    tf
      .grads(f)([...xs])
      .map(gradient => tf.keep(gradient)),
  );
  try {
    return linearize(recording, xs, gradients);
  } finally {
    tf.dispose(gradients);
  }
}

function linearize(
  recording: Recording,
  inputs: readonly (Tensor | null)[],
  outputs: readonly (Tensor | null)[],
  pushes?: Pushes,
): Linearization {
  const values = (tensors: readonly (Tensor | null)[]) => tensors.map(t => (t && recording.find(t)) ?? null);
  return new Linearization(recording, values(inputs), values(outputs), pushes);
}
