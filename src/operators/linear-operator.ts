import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';

/**
 * The part of an operator that estimators use: its size and its product with a vector.
 *
 * The caller owns the product. The argument stays as it is.
 */
export interface MatvecOperator {
  /** The dimension n of the space. */
  readonly size: number;
  /** A v: `[size]` to `[size]`. */
  matvec(v: Tensor1D): Tensor1D;
  /** A V, k products at once: `[size, k]` to `[size, k]`. Without it, estimators call `matvec` k times. */
  matmat?(V: Tensor2D): Tensor2D;
}

/** A symmetric linear operator that owns tensors. */
export interface LinearOperator extends MatvecOperator {
  /** A V, k products at once: `[size, k]` to `[size, k]`. The caller owns the result. */
  matmat(V: Tensor2D): Tensor2D;
  /** Disposes the operator's tensors. Later products throw a `DisposedError`. */
  dispose(): void;
}

/** One trainable weight inside a layer's part of the flattened vector. */
export interface WeightSlice {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where the weight begins in the whole network's vector. */
  readonly offset: number;
}

/** A layer's part of the flattened vector. */
export interface LayerSlice {
  readonly name: string;
  /** Position among the network's layers with trainable weights. */
  readonly index: number;
  readonly className: string;
  /** Where the layer begins in the whole network's vector. */
  readonly offset: number;
  /** How many parameters the layer has. */
  readonly size: number;
  readonly weights: readonly WeightSlice[];
}

/** A curvature operator of a whole network, with a diagonal block for each layer. */
export interface NetworkOperator extends LinearOperator {
  /** The loss at the recorded weights and batch, without regularizers. */
  readonly loss: number;
  readonly layers: readonly LayerSlice[];
  /** The layer's diagonal block. It shares the network's recording and lives as long as the network's operator. */
  block(name: string): LinearOperator;
  /** ∇L, `[size]`; the caller owns it. */
  gradient(): Tensor1D;
}
