import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayerListener} from '../../autodiff/forward-mode/linearization.js';

/** A symmetric map from tangents of weights to tangents of weights. Weights are given by their positions. */
export interface CurvatureMap {
  /**
   * @param tangents one for each of `from`; with `probes`, each has a leading axis of that size.
   * @returns one for each of `to`, `null` if it is zero. The caller owns them.
   */
  push(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null,
  ): (Tensor | null)[];
  /** How many products have been computed. A block's product counts as its part of a whole product. */
  readonly passes: number;
  /** Whether each push runs the same kernels on the same held tensors, so that it can be compiled. */
  readonly isFixed: boolean;
  /** Whether k tangents at once take as much time as one after the other. */
  isBestApart?(from: readonly number[], to: readonly number[]): boolean;
  /** Reports the layer of what a push runs next, to one listener, until the returned function is called. */
  watchLayers?(listener: LayerListener): () => void;
  dispose(): void;
}
