import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {CompiledFunction} from '../native/compiled.js';
import type {LinearOperator} from './linear-operator.js';
import type {CurvatureMap} from './network-operator.js';
import type {VectorSpace} from './vector-space.js';

/** Products of one vector, or of k columns at once. */
interface Product {
  readonly run: (v: Tensor) => Tensor;
  /** Compiled, where that is allowed. */
  readonly compiled: CompiledFunction | null;
  /** What a call of `run` adds to the map's passes. */
  passes: number;
}

/** The diagonal block of some weights. It lives as long as its network. */
export class CurvatureBlock implements LinearOperator {
  readonly size: number;
  /** What compiled products have cost, which the map does not see. */
  compiledPasses = 0;
  private readonly products = new Map<number | null, Product>();

  constructor(
    private readonly network: VectorSpace,
    private readonly space: VectorSpace,
    private readonly weights: readonly number[],
    private readonly map: CurvatureMap,
  ) {
    this.size = space.size;
  }

  matvec(v: Tensor1D): Tensor1D {
    this.network.assertNotDisposed();
    this.space.checkVector(v);
    return this.multiply(null, v);
  }

  matmat(V: Tensor2D): Tensor2D {
    this.network.assertNotDisposed();
    this.space.checkColumns(V);
    const {map, weights} = this;
    if (!map.isBestApart?.(weights, weights)) return this.multiply(V.shape[1], V);
    return tf.tidy(() =>
      tf.stack(
        tf.unstack(V, 1).map(v => this.multiply(null, v)),
        1,
      ),
    ) as Tensor2D;
  }

  dispose(): void {}

  /** Gives back what was compiled. */
  release(): void {
    for (const {compiled} of this.products.values()) compiled?.dispose();
    this.products.clear();
  }

  private multiply<T extends Tensor>(k: number | null, v: T): T {
    const {map, space, weights} = this;
    let product = this.products.get(k);
    if (product === undefined) {
      const push = (tangents: readonly Tensor[]) => map.push(weights, tangents, weights, k);
      const run = k === null ? space.through(push) : space.throughColumns(k, push);
      product = {run, compiled: map.isFixed ? new CompiledFunction() : null, passes: 0};
      this.products.set(k, product);
    }
    const before = map.passes;
    const {compiled, run} = product;
    const result = compiled === null ? run(v) : compiled.call([v], () => [run(v)])[0];
    const counted = map.passes - before;
    if (counted > 0) product.passes = counted;
    else this.compiledPasses += product.passes;
    return result as T;
  }
}
