import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayerListener} from '../../autodiff/forward-mode/linearization.js';

/** A symmetric map of weight-shaped tangents to weight-shaped tangents, weights named by their positions. */
export interface CurvatureMap {
  /**
   * @param tangents one for each of `from`; with `probes`, each behind an axis of k.
   * @returns one for each of `to`, `null` where it is zero; the caller owns them.
   */
  push(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null,
  ): (Tensor | null)[];
  /** The products taken until now, a block's as the part of one that it is. */
  readonly passes: number;
  /** Whether a push runs the same kernels on the same held tensors each time, so that it can be compiled. */
  readonly isFixed: boolean;
  /** Whether k tangents at once take as long as one after the other. */
  isBestApart?(from: readonly number[], to: readonly number[]): boolean;
  /** Reports the layer of what a push runs next, to one listener, until the returned function is called. */
  watchLayers?(listener: LayerListener): () => void;
  dispose(): void;
}
