import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';

/** A tensor's shape, known before its values are. */
export interface Shaped {
  readonly shape: readonly number[];
}

/** Computes the result of a backward kernel that some engine gets wrong, by kernels that it gets right. */
export interface Correction {
  /** Whether the current engine computes this call wrongly. */
  readonly isNeeded: (inputs: Readonly<Record<string, Shaped>>, attrs: Attributes) => boolean;
  readonly compute: (inputs: NamedTensorMap, attrs: Attributes) => Tensor[];
}
