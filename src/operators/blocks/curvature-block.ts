import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../../errors.js';
import {captureFunction} from '../../kernels/captured-function.js';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import {explainKernels} from '../../kernels/explain.js';
import {readAfter} from '../../tfjs-internals/core/tensors.js';
import type {LinearOperator} from '../linear-operator.js';
import type {CurvatureMap, Pause} from './curvature-map.js';
import type {VectorSpace} from './vector-space.js';

/** Products of one vector, or of k columns at once. */
interface Product {
  readonly run: (v: Tensor) => Tensor;
  /** `null` if the map cannot be compiled. */
  readonly compiled: CompiledFunction | null;
  /** How many passes of the map one call of `run` costs. */
  passes: number;
  /** Whether the device has accepted all its kernels; an error if it has refused one. */
  judgement: boolean | Error;
}

/** The diagonal block of some weights. It is valid as long as its network's operator. */
export class CurvatureBlock implements LinearOperator {
  readonly size: number;
  /** The passes of compiled products, which the map does not count. */
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
    const verdict = this.products.get(null)?.judgement === true ? null : deviceVerdict();
    const columns = tf.tidy(() =>
      tf.stack(
        tf.unstack(V, 1).map(v => this.multiply(null, v)),
        1,
      ),
    ) as Tensor2D;
    if (verdict !== null) readAfter(columns, verdict);
    return columns;
  }

  /** Whether a product is long, and can be taken in parts. */
  get hasParts(): boolean {
    return this.map.pushInParts !== undefined;
  }

  /**
   * The product with a vector `[size]` or with columns `[size, k]`, where it is long: the bits are those of `matvec` and
   * `matmat`. The caller owns it.
   */
  async multiplyInParts(v: Tensor1D | Tensor2D, pause: (done: number) => Promise<void>): Promise<Tensor> {
    this.network.assertNotDisposed();
    if (v.rank === 1) this.space.checkVector(v as Tensor1D);
    else this.space.checkColumns(v as Tensor2D);
    const k = v.rank === 1 ? null : v.shape[1]!;
    const usable: Pause = async done => {
      await pause(done);
      // Other code had its turn.
      this.network.assertUsable();
    };
    return this.space.throughInParts(v, k, tangents =>
      this.map.pushInParts!(this.weights, tangents, this.weights, k, usable),
    );
  }

  dispose(): void {}

  /** The program of a product with a vector, as `CurvatureOperator.explain`. */
  explain(): string {
    this.network.assertUsable();
    const {map, space} = this;
    if (map.explain !== undefined) return `${space.owner}, a product with a vector: ${map.explain()}`;
    if (!map.isFixed) {
      throw new InvalidArgumentError(
        'A product over a data set is a sum over its batches, not one program. Explain the operator of one batch.',
      );
    }
    let layer: string | null = null;
    const stop = map.watchLayers?.(now => {
      layer = now;
    });
    try {
      return tf.tidy(() => {
        const v = tf.zeros<tf.Rank.R1>([space.size]);
        const {run} = this.product(null);
        const {captured} = captureFunction(
          [v],
          () => [run(v)],
          () => layer,
        );
        const program = captured ? explainKernels(captured.graph) : 'it is zero';
        return `${space.owner}, a product with a vector: ${program}`;
      });
    } finally {
      stop?.();
    }
  }

  /** On a device that refuses kernels asynchronously, computes a product with zero and waits for the device's answer. */
  async tryProduct(): Promise<void> {
    const verdict = deviceVerdict();
    if (verdict === null) return;
    const product = tf.tidy(() => this.multiply(null, tf.zeros<tf.Rank.R1>([this.size])));
    try {
      await verdict();
    } finally {
      product.dispose();
    }
  }

  /** Disposes the compiled functions. */
  release(): void {
    for (const {compiled} of this.products.values()) compiled?.dispose();
    this.products.clear();
  }

  private product(k: number | null): Product {
    const {map, space, weights} = this;
    let product = this.products.get(k);
    if (product === undefined) {
      const push = (tangents: readonly Tensor[]) => map.push(weights, tangents, weights, k);
      const run = k === null ? space.through(push) : space.throughColumns(k, push);
      product = {run, compiled: map.isFixed ? new CompiledFunction() : null, passes: 0, judgement: false};
      this.products.set(k, product);
    }
    return product;
  }

  private multiply<T extends Tensor>(k: number | null, v: T): T {
    const {map} = this;
    const product = this.product(k);
    const before = map.passes;
    const {compiled} = product;
    const result = judgedOnce(product, () =>
      compiled === null ? product.run(v) : compiled.call([v], () => [product.run(v)])[0]!,
    );
    const counted = map.passes - before;
    if (counted > 0) product.passes = counted;
    else this.compiledPasses += product.passes;
    return result as T;
  }
}

/** Runs a product's kernels. A device that refuses kernels asynchronously is asked until it has accepted all of them. */
function judgedOnce(product: Product, run: () => Tensor): Tensor {
  if (product.judgement instanceof Error) throw product.judgement;
  const verdict = product.judgement ? null : deviceVerdict();
  if (verdict === null) return judged(run, false);
  const result = judged(run);
  const judgement = verdict();
  judgement.then(
    () => {
      product.judgement = true;
    },
    error => {
      product.judgement = error;
    },
  );
  readAfter(result, () => judgement);
  return result;
}
