import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';

/** What is known of a tensor before it is computed. */
export interface Shaped {
  readonly shape: readonly number[];
}

/** Computes what a backward kernel should, with kernels that are right: itself on other inputs, and others. */
export interface Correction {
  /** Whether the engine in use gets this call wrong. */
  readonly isNeeded: (inputs: Readonly<Record<string, Shaped>>, attrs: Attributes) => boolean;
  readonly compute: (inputs: NamedTensorMap, attrs: Attributes) => Tensor[];
}
