import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import {unknownLayer} from '../../model/layers/unknown-layer.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import type {LayerSlice, LinearOperator, NetworkOperator} from '../linear-operator.js';
import type {BoundEngine} from './bound-engine.js';
import {CurvatureBlock} from './curvature-block.js';
import type {CurvatureMap} from './curvature-map.js';
import {VectorSpace} from './vector-space.js';

export interface CurvatureOperatorArgs {
  /** The operator's name in messages: `Hessian`. */
  readonly name: string;
  readonly loss: number;
  readonly layers: readonly WeightedLayer[];
  /** ∇L; the operator owns it. */
  readonly gradient: Tensor1D;
  readonly map: CurvatureMap;
  /** The engine that it was linearized on. */
  readonly engine: BoundEngine;
}

/** A curvature operator over all trainable weights. It owns its map. */
export class CurvatureOperator implements NetworkOperator {
  readonly size: number;
  readonly loss: number;
  readonly layers: readonly LayerSlice[];
  private readonly space: VectorSpace;
  private readonly blocks: ReadonlyMap<string, CurvatureBlock>;
  private readonly whole: CurvatureBlock;

  constructor(private readonly args: CurvatureOperatorArgs) {
    const {name, layers, loss, map, engine} = args;
    this.loss = loss;
    this.layers = sliceLayers(layers);
    const shapes = layers.flatMap(layer => layer.variables.map(({variable}) => variable.shape));
    const positions = shapes.map((_, i) => i);
    this.space = new VectorSpace(`The ${name}`, shapes, engine);
    this.size = this.space.size;
    this.whole = new CurvatureBlock(this.space, this.space, positions, map);
    let first = 0;
    this.blocks = new Map(
      layers.map(layer => {
        const range = [first, first + layer.variables.length] as const;
        first = range[1];
        const space = new VectorSpace(`The ${name}'s block of layer "${layer.name}"`, shapes.slice(...range), engine);
        return [layer.name, new CurvatureBlock(this.space, space, positions.slice(...range), map)];
      }),
    );
  }

  matvec(v: Tensor1D): Tensor1D {
    return this.whole.matvec(v);
  }

  /** H V, for `V` of shape `[size, k]`: k products at once. */
  matmat(V: Tensor2D): Tensor2D {
    return this.whole.matmat(V);
  }

  /** The layer's diagonal block. It shares the network's recording and lives as long as this operator. */
  block(name: string): LinearOperator & Pick<CurvatureOperator, 'explain'> {
    this.space.assertNotDisposed();
    const block = this.blocks.get(name);
    if (block === undefined) throw unknownLayer(name, this.layers);
    return block;
  }

  /**
   * The program of a product with a vector, as text: a line a kernel, with shapes, the layer and the multiply-adds. Costs a
   * product.
   *
   * @throws InvalidArgumentError for an operator over a data set, whose products are sums over its batches.
   * @example
   * console.log(H.explain());
   * console.log(H.block('dense_1').explain());
   */
  explain(): string {
    return this.whole.explain();
  }

  gradient(): Tensor1D {
    this.space.assertUsable();
    return this.args.gradient.clone();
  }

  /**
   * On a device that refuses kernels asynchronously, computes a product and waits for the device's answer. Not over a data set,
   * where a product is a pass over the data.
   *
   * @throws EngineError if the device refuses a kernel.
   */
  async tryProduct(): Promise<void> {
    if (this.args.map.isFixed) await this.whole.tryProduct();
  }

  /** The cost of the operator until now, in gradients of the loss on the same batch. */
  get gradientPasses(): number {
    // The recording of the gradient and the derivatives of the activations cost about two.
    const compiled = [this.whole, ...this.blocks.values()].reduce((sum, block) => sum + block.compiledPasses, 0);
    return 2 + this.args.map.passes + compiled;
  }

  dispose(): void {
    if (!this.space.dispose()) return;
    for (const block of [this.whole, ...this.blocks.values()]) block.release();
    this.args.map.dispose();
    this.args.gradient.dispose();
  }
}

/** The parts of the flattened vector that belong to each layer. */
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
