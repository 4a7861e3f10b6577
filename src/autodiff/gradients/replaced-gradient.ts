import type * as tf from '@tensorflow/tfjs-core';
import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import {namesOfKernels} from '../../tfjs-internals/core/kernels.js';
import {registeredGradient, replaceGradient} from '../../tfjs-internals/core/registries.js';
import {offTape} from '../../tfjs-internals/core/tape.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';

/** A gradient that replaces TensorFlow.js' own gradient of the same kernel. */
export interface ReplacedGradient {
  readonly gradient: GradConfig;
  /** How TensorFlow.js' own gradient is recognized: by the kernels that it runs on a sample. */
  readonly own: {
    /** The tensors that the kernel saves for its gradient. */
    readonly saved: () => Tensor[];
    readonly dy: () => Tensor;
    readonly attrs: Attributes;
    readonly kernels: string;
  };
}

/**
 * Replaces TensorFlow.js' own gradient of a kernel. A gradient that a user has registered is kept.
 *
 * @returns undoes it.
 */
export function replaceOwnGradient(replaced: ReplacedGradient): () => void {
  const {gradient} = replaced;
  // A custom bundle of TensorFlow.js may lack the gradient.
  const before = registeredGradient(gradient.kernelName);
  return before !== undefined && isOwn(before, replaced) ? replaceGradient(gradient) : () => {};
}

const known = new WeakMap<GradConfig, boolean>();

function isOwn(config: GradConfig, {own}: ReplacedGradient): boolean {
  let isIt = known.get(config);
  if (isIt === undefined) {
    isIt = inScope(() => offTape(() => kernelsOnSample(config, own))).join() === own.kernels;
    known.set(config, isIt);
  }
  return isIt;
}

function kernelsOnSample({gradFunc}: GradConfig, {saved, dy, attrs}: ReplacedGradient['own']): string[] {
  const [inputs, cotangent] = [saved(), dy()];
  try {
    return namesOfKernels(() => {
      for (const gradient of Object.values(gradFunc(cotangent, inputs, attrs as tf.NamedAttrMap))) gradient();
    });
  } catch {
    // A gradient that fails on the sample is not TensorFlow.js' own.
    return [];
  }
}
