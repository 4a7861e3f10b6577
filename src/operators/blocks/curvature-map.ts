import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayerListener} from '../../autodiff/forward-mode/linearization.js';

/** Is called between the parts of a product, with the part of it that is done. It may throw. */
export type Pause = (done: number) => Promise<void>;

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
  /**
   * The same tensors as `push`, where a push is long: `pause` is called between its parts, with the part that is done, and
   * may throw. Missing if a push is short.
   */
  pushInParts?(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null,
    pause: Pause,
  ): Promise<(Tensor | null)[]>;
  /** How many products have been computed. A block's product counts as its part of a whole product. */
  readonly passes: number;
  /** Whether each push runs the same kernels on the same held tensors, so that it can be compiled. */
  readonly isFixed: boolean;
  /** Whether k tangents at once take as much time as one after the other. */
  isBestApart?(from: readonly number[], to: readonly number[]): boolean;
  /** What a push is, where it is not one program; missing if nobody can say more. */
  explain?(): string;
  /** Reports the layer of what a push runs next, to one listener, until the returned function is called. */
  watchLayers?(listener: LayerListener): () => void;
  dispose(): void;
}
