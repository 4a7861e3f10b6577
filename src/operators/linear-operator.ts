import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import type {BlockSelection} from './blocks/block-selection.js';

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

/** An operator whose products are long, such as a pass over a data set. */
export interface OperatorInParts extends MatvecOperator {
  /** Whether a product is taken in parts. */
  readonly hasParts: boolean;
  /**
   * A v for `[size]`, or A V for `[size, k]`, with the bits of `matvec` and `matmat`.
   *
   * @param pause is called between the parts with the part of the product that is done. It may throw.
   */
  multiplyInParts(v: Tensor1D | Tensor2D, pause: (done: number) => Promise<void>): Promise<Tensor>;
}

export function hasParts(op: MatvecOperator): op is OperatorInParts {
  return (op as Partial<OperatorInParts>).hasParts === true;
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
  /** As TensorFlow.js names it. A second weight of one name in a process gets a number: `dense_1/kernel_2`. */
  readonly name: string;
  /** The layer's name and the weight's own: `dense_1/kernel`. */
  readonly path: string;
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

/** A curvature operator of a whole network, with diagonal blocks. */
export interface NetworkOperator extends LinearOperator {
  /** The loss at the recorded weights and batch, without regularizers unless `hessian` was asked for them. */
  readonly loss: number;
  readonly layers: readonly LayerSlice[];
  /**
   * The diagonal block of a layer, by its name; of a weight or a part of it; or of any set of weights.
   *
   * It shares the network's recording, and is valid as long as the network's operator. A product costs at most one with the layers that own
   * the weights.
   *
   * @throws InvalidArgumentError for an unknown layer or weight, and for positions that are out of range or given twice.
   * @example
   * const filter = H.block({weight: 'conv/kernel', columns: 3});
   * const head = H.block({weight: 'attention/query/kernel', index: [null, 0, null]});
   * const chosen = H.block({indices: Int32Array.of(0, 5, 9)});
   */
  block(selection: BlockSelection): LinearOperator;
  /** ∇L, `[size]`; the caller owns it. */
  gradient(): Tensor1D;
}
