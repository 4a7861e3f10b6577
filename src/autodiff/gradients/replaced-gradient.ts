import type * as tf from '@tensorflow/tfjs-core';
import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../tfjs-internals/core/engine.js';
import {namesOfKernels} from '../../tfjs-internals/core/kernels.js';
import {registeredGradient, replaceGradient} from '../../tfjs-internals/core/registries.js';
import {offTape} from '../../tfjs-internals/core/tape.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';

/** A gradient that stands in for TensorFlow.js' own of the same kernel. */
export interface ReplacedGradient {
  readonly gradient: GradConfig;
  /** What TensorFlow.js' own is known by: the kernels that it runs on a sample. */
  readonly own: {
    /** What the kernel saves. */
    readonly saved: () => Tensor[];
    readonly dy: () => Tensor;
    readonly attrs: Attributes;
    readonly kernels: string;
  };
}

/**
 * Puts a gradient in the place of TensorFlow.js' own, on any engine. One that somebody has registered stays.
 *
 * @returns what undoes it.
 */
export function replaceOwnGradient(replaced: ReplacedGradient): () => void {
  const {gradient} = replaced;
  // A bundle of chosen kernels may have none.
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
    // A gradient for tensors of certain shapes is not TensorFlow.js'.
    return [];
  }
}
