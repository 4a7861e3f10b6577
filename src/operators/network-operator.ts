import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {DisposedError, InvalidArgumentError} from '../errors.js';
import {flatten, flattenColumns, sizeOf, unflatten, unflattenColumns} from '../model/flattening.js';
import {unknownLayer} from '../model/unknown-layer.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import type {LayerSlice, LinearOperator, NetworkOperator} from './linear-operator.js';

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
  dispose(): void;
}

export interface CurvatureOperatorArgs {
  /** What the operator is, for its messages: `Hessian`. */
  readonly name: string;
  readonly loss: number;
  readonly layers: readonly WeightedLayer[];
  /** ∇L, which the operator takes over. */
  readonly gradient: Tensor1D;
  readonly map: CurvatureMap;
}

/** The vectors of some weights: how they are cut up and joined. */
class Block implements LinearOperator {
  readonly size: number;

  constructor(
    private readonly name: string,
    private readonly weights: readonly number[],
    private readonly shapes: readonly (readonly number[])[],
    private readonly map: () => CurvatureMap,
  ) {
    this.size = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  }

  matvec(v: Tensor1D): Tensor1D {
    this.check(v, [this.size]);
    return tf.tidy(() => flatten(this.push(unflatten(v, this.shapes), null), this.shapes));
  }

  matmat(V: Tensor2D): Tensor2D {
    const k = V.shape[1]!;
    this.check(V, [this.size, k]);
    return tf.tidy(() => flattenColumns(this.push(unflattenColumns(V, this.shapes), k), this.shapes, k));
  }

  /** A block lives as long as its network. */
  dispose(): void {}

  private push(tangents: readonly Tensor[], probes: number | null): (Tensor | null)[] {
    return this.map().push(this.weights, tangents, this.weights, probes);
  }

  private check(v: Tensor, shape: readonly (number | undefined)[]): void {
    this.map();
    const fits = v instanceof tf.Tensor && v.rank === shape.length && shape.every((d, i) => d === v.shape[i]);
    if (fits && v.dtype === 'float32' && v.size > 0) return;
    const wanted = shape.length === 1 ? `[${this.size}]` : `[${this.size}, k], k ≥ 1`;
    const got = v instanceof tf.Tensor ? `${v.dtype} of shape [${v.shape.join(', ')}]` : String(v);
    throw new InvalidArgumentError(`${this.name} multiplies a float32 tensor of shape ${wanted}; got ${got}.`);
  }
}

/** A curvature operator over all trainable weights, made of a map that it owns. */
export class CurvatureOperator implements NetworkOperator {
  readonly size: number;
  readonly loss: number;
  readonly layers: readonly LayerSlice[];
  private readonly blocks: Map<string, Block>;
  private readonly whole: Block;
  private disposed = false;

  constructor(private readonly args: CurvatureOperatorArgs) {
    const {name, layers, loss} = args;
    this.loss = loss;
    this.layers = sliceLayers(layers);
    const map = () => {
      this.assertNotDisposed();
      return args.map;
    };
    const shapes = layers.flatMap(layer => layer.variables.map(({variable}) => variable.shape));
    const positions = shapes.map((_, i) => i);
    this.whole = new Block(`The ${name}`, positions, shapes, map);
    this.size = this.whole.size;
    let first = 0;
    this.blocks = new Map(
      layers.map(layer => {
        const range = [first, first + layer.variables.length] as const;
        first = range[1];
        const block = new Block(
          `The ${name}'s block of layer "${layer.name}"`,
          positions.slice(...range),
          shapes.slice(...range),
          map,
        );
        return [layer.name, block];
      }),
    );
  }

  matvec(v: Tensor1D): Tensor1D {
    return this.whole.matvec(v);
  }

  matmat(V: Tensor2D): Tensor2D {
    return this.whole.matmat(V);
  }

  block(name: string): LinearOperator {
    this.assertNotDisposed();
    const block = this.blocks.get(name);
    if (block === undefined) throw unknownLayer(name, this.layers);
    return block;
  }

  gradient(): Tensor1D {
    this.assertNotDisposed();
    return this.args.gradient.clone();
  }

  /** What the operator has cost until now, in gradients of the loss on the same batch. */
  get gradientPasses(): number {
    // Recording the gradient, and the derivatives of the activations: about two.
    return 2 + this.args.map.passes;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.args.map.dispose();
    this.args.gradient.dispose();
  }

  private assertNotDisposed(): void {
    if (this.disposed) {
      throw new DisposedError(`The ${this.args.name} has been disposed; make a new one, or dispose of it later.`);
    }
  }
}

/** Where each layer's weights lie in the flattened vector. */
export function sliceLayers(layers: readonly WeightedLayer[]): LayerSlice[] {
  let offset = 0;
  return layers.map(({name, className, variables}, index) => {
    const start = offset;
    const weights = variables.map(weight => {
      const {shape, size} = weight.variable;
      const slice = {name: weight.name, shape: [...shape], offset};
      offset += size;
      return slice;
    });
    return {name, index, className, offset: start, size: offset - start, weights};
  });
}
