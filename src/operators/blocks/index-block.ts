import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import {DisposedError} from '../../errors.js';
import {readAfter} from '../../tfjs-internals/core/tensors.js';
import type {LinearOperator} from '../linear-operator.js';
import type {CurvatureBlock} from './curvature-block.js';
import type {Pause} from './curvature-map.js';
import type {VectorSpace} from './vector-space.js';

/**
 * Rows and columns of a block, Sᵀ A S: S puts a vector's entries at their positions, Sᵀ takes them from there.
 *
 * It owns the positions as a tensor from its first product on, until it or its network is disposed of.
 */
export class IndexBlock implements LinearOperator {
  readonly size: number;
  private positions: Tensor2D | null = null;
  private isDisposed = false;

  /**
   * @param space the vectors that it multiplies.
   * @param block A.
   * @param indices positions in the vectors of A.
   */
  constructor(
    private readonly network: VectorSpace,
    private readonly space: VectorSpace,
    private readonly block: CurvatureBlock,
    private readonly indices: Int32Array,
  ) {
    this.size = indices.length;
  }

  matvec(v: Tensor1D): Tensor1D {
    this.assertNotDisposed();
    this.space.checkVector(v);
    return this.between(v, whole => this.block.matvec(whole as Tensor1D)) as Tensor1D;
  }

  matmat(V: Tensor2D): Tensor2D {
    this.assertNotDisposed();
    this.space.checkColumns(V);
    return this.between(V, whole => this.block.matmat(whole as Tensor2D)) as Tensor2D;
  }

  get hasParts(): boolean {
    return this.block.hasParts;
  }

  /** As `matvec` or `matmat`, where products are long. `pause` is called between the batches. */
  async multiplyInParts(v: Tensor1D | Tensor2D, pause: Pause): Promise<Tensor> {
    this.assertNotDisposed();
    if (v.rank === 1) this.space.checkVector(v as Tensor1D);
    else this.space.checkColumns(v as Tensor2D);
    const whole = tf.tidy(() => tf.keep(this.put(v)));
    let product: Tensor | null = null;
    try {
      product = await this.block.multiplyInParts(whole as Tensor1D | Tensor2D, async done => {
        await pause(done);
        this.assertNotDisposed();
      });
      const images = product;
      return tf.tidy(() => tf.keep(this.take(images)));
    } finally {
      whole.dispose();
      product?.dispose();
    }
  }

  /** The program of a product with the block that it is a part of. */
  explain(): string {
    this.assertNotDisposed();
    return `${this.space.owner} is a part of the next. ${this.block.explain()}`;
  }

  dispose(): void {
    this.positions?.dispose();
    this.positions = null;
    this.isDisposed = true;
  }

  private between(v: Tensor, multiply: (whole: Tensor) => Tensor): Tensor {
    const verdict = deviceVerdict();
    const result = judged(() => tf.tidy(() => this.take(multiply(this.put(v)))));
    if (verdict !== null) readAfter(result, verdict);
    return result;
  }

  /** S v */
  private put(v: Tensor): Tensor {
    return tf.scatterND(this.heldPositions(), v, [this.block.size, ...v.shape.slice(1)]);
  }

  /** Sᵀ v */
  private take(v: Tensor): Tensor {
    return tf.gather(v, tf.reshape(this.heldPositions(), [this.size]) as Tensor1D);
  }

  private heldPositions(): Tensor2D {
    this.positions ??= tf.tidy(() => tf.keep(tf.tensor2d(this.indices, [this.size, 1], 'int32')));
    return this.positions;
  }

  private assertNotDisposed(): void {
    this.network.assertNotDisposed();
    if (this.isDisposed)
      throw new DisposedError(`${this.space.owner} has been disposed; ask the operator for it again.`);
  }
}
