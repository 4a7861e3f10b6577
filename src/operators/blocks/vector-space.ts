import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {show} from '../../arguments/show.js';
import {isTensor} from '../../arguments/tensors.js';
import {DisposedError, InvalidArgumentError} from '../../errors.js';
import {flatten, flattenColumns, sizeOf, unflatten, unflattenColumns} from '../../model/flattening.js';
import type {BoundEngine} from './bound-engine.js';

type Shape = readonly number[];
type Parts = readonly (Tensor | null)[];

/** The flattened vectors that an operator multiplies: splits them into weights, joins them, and checks them. */
export class VectorSpace {
  readonly size: number;
  private disposed = false;

  constructor(
    /** The operator's name in messages: `The Hessian`. */
    readonly owner: string,
    private readonly shapes: readonly Shape[],
    private readonly engine: BoundEngine,
  ) {
    this.size = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  }

  /** Turns a map of parts into a map of flattened vectors. */
  through(push: (tangents: readonly Tensor[]) => Parts): (v: Tensor) => Tensor {
    return v => tf.tidy(() => flatten(push(unflatten(v as Tensor1D, this.shapes)), this.shapes));
  }

  /** Turns a map of k tangents at once into a map of k columns. */
  throughColumns(k: number, push: (tangents: readonly Tensor[]) => Parts): (V: Tensor) => Tensor {
    return V => tf.tidy(() => flattenColumns(push(unflattenColumns(V as Tensor2D, this.shapes)), this.shapes, k));
  }

  /** As `through`, or `throughColumns` if there is a k, for a map that takes its time. The caller owns the result. */
  async throughInParts(
    v: Tensor,
    k: number | null,
    push: (tangents: readonly Tensor[]) => Promise<Parts>,
  ): Promise<Tensor> {
    const {shapes} = this;
    const tangents = tf.tidy(() =>
      (k === null ? unflatten(v as Tensor1D, shapes) : unflattenColumns(v as Tensor2D, shapes)).map(part =>
        tf.keep(part),
      ),
    );
    let images: Parts = [];
    try {
      images = await push(tangents);
      return tf.tidy(() => tf.keep(k === null ? flatten(images, shapes) : flattenColumns(images, shapes, k)));
    } finally {
      for (const tensor of [...tangents, ...images]) tensor?.dispose();
    }
  }

  /** @throws InvalidArgumentError if `v` is not a vector of the space, EngineError on another engine. */
  checkVector(v: Tensor1D): void {
    this.check(v, [this.size]);
  }

  /** @throws InvalidArgumentError if `V` does not consist of columns of the space, EngineError on another engine. */
  checkColumns(V: Tensor2D): void {
    this.check(V, [this.size, V?.shape?.[1]]);
  }

  /** @throws DisposedError after `dispose`. */
  assertNotDisposed(): void {
    if (this.disposed) throw new DisposedError(`${this.owner} has been disposed; make a new one, or dispose it later.`);
  }

  /** @throws DisposedError after `dispose`, EngineError on another engine than the operator was made on. */
  assertUsable(): void {
    this.assertNotDisposed();
    this.engine.assertInUse(this.owner);
  }

  /** @returns whether this was the first time. */
  dispose(): boolean {
    const first = !this.disposed;
    this.disposed = true;
    return first;
  }

  private check(v: Tensor, shape: readonly (number | undefined)[]): void {
    this.assertUsable();
    const fits = isTensor(v) && v.rank === shape.length && shape.every((d, i) => d === v.shape[i]);
    if (fits && v.dtype === 'float32' && v.size > 0) return;
    const wanted = shape.length === 1 ? `[${this.size}]` : `[${this.size}, k], k ≥ 1`;
    const got = isTensor(v) ? `${v.dtype} of shape [${v.shape.join(', ')}]` : show(v);
    throw new InvalidArgumentError(`${this.owner} multiplies a float32 tensor of shape ${wanted}; got ${got}.`);
  }
}
