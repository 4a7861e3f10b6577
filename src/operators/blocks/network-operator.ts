import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../model/flattening.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import type {LayerSlice, LinearOperator, NetworkOperator} from '../linear-operator.js';
import type {BlockSelection} from './block-selection.js';
import type {BoundEngine} from './bound-engine.js';
import {CurvatureBlock} from './curvature-block.js';
import type {CurvatureMap} from './curvature-map.js';
import {IndexBlock} from './index-block.js';
import {selectedBlock} from './selected-block.js';
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
  private readonly whole: CurvatureBlock;
  /** The blocks of whole weights, by the positions of the weights. */
  private readonly blocks = new Map<string, CurvatureBlock>();
  private readonly layerBlocks: ReadonlyMap<string, CurvatureBlock>;
  private readonly parts = new Set<IndexBlock>();
  private readonly weights: readonly {
    readonly path: string;
    readonly shape: readonly number[];
    readonly offset: number;
  }[];

  constructor(private readonly args: CurvatureOperatorArgs) {
    const {name, layers, loss} = args;
    this.loss = loss;
    this.layers = sliceLayers(layers);
    this.weights = this.layers.flatMap(layer => layer.weights);
    this.space = this.spaceOf(`The ${name}`, this.weights);
    this.size = this.space.size;
    this.whole = new CurvatureBlock(
      this.space,
      this.space,
      this.weights.map((_, i) => i),
      args.map,
    );
    let first = 0;
    this.layerBlocks = new Map(
      this.layers.map(layer => {
        const positions = layer.weights.map((_, i) => first + i);
        first += positions.length;
        return [layer.name, this.blockOfWeights(positions, `layer "${layer.name}"`)];
      }),
    );
    const all = this.weights.map((_, i) => i).join();
    if (!this.blocks.has(all)) this.blocks.set(all, this.whole);
  }

  matvec(v: Tensor1D): Tensor1D {
    return this.whole.matvec(v);
  }

  /** H V, for `V` of shape `[size, k]`: k products at once. */
  matmat(V: Tensor2D): Tensor2D {
    return this.whole.matmat(V);
  }

  /** Whether a product is long, and can be taken in parts: that of a data set. */
  get hasParts(): boolean {
    return this.whole.hasParts;
  }

  /** As `matvec` or `matmat`, where products are long. `pause` is called between the batches. */
  multiplyInParts(v: Tensor1D | Tensor2D, pause: (done: number) => Promise<void>): Promise<Tensor> {
    return this.whole.multiplyInParts(v, pause);
  }

  /**
   * The diagonal block of a layer, by its name; of a weight or a part of it; or of any set of weights. It shares the network's recording and
   * is valid as long as this operator.
   *
   * A product costs one with the block of the weights that it has entries of, at most one with their layers.
   *
   * @throws InvalidArgumentError for an unknown layer or weight, and for positions that are out of range or given twice.
   */
  block(selection: BlockSelection): LinearOperator & Pick<CurvatureOperator, 'explain'> {
    this.space.assertNotDisposed();
    const ofLayer = this.layerBlocks.get(selection as string);
    if (ofLayer !== undefined) return ofLayer;
    const {label, indices} = selectedBlock(this.layers, selection);
    const {positions, local} = this.within(indices);
    const block = this.blockOfWeights(positions, positions.map(i => this.weights[i]!.path).join(', '));
    if (local.length === block.size && local.every((at, i) => at === i)) return block;
    const part = new IndexBlock(
      this.space,
      this.spaceOf(`The ${this.args.name}'s block of ${label}`, [{shape: [indices.length]}]),
      block,
      local,
    );
    this.parts.add(part);
    return part;
  }

  /**
   * The program of a product with a vector, as text: a line a kernel, with shapes, the layer and the multiply-adds. Costs a
   * product.
   *
   * Over a data set whose products workers compute: which batches each of them has, and with `on: cluster()` the bytes that went through Redis.
   *
   * @throws InvalidArgumentError for another operator over a data set, whose products are sums over its batches.
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
    const compiled = [...this.everyBlock()].reduce((sum, block) => sum + block.compiledPasses, 0);
    return 2 + this.args.map.passes + compiled;
  }

  dispose(): void {
    if (!this.space.dispose()) return;
    for (const part of this.parts) part.dispose();
    for (const block of this.everyBlock()) block.release();
    this.args.map.dispose();
    this.args.gradient.dispose();
  }

  private everyBlock(): ReadonlySet<CurvatureBlock> {
    return new Set([this.whole, ...this.blocks.values()]);
  }

  private spaceOf(owner: string, weights: readonly {readonly shape: readonly number[]}[]): VectorSpace {
    return new VectorSpace(
      owner,
      weights.map(({shape}) => shape),
      this.args.engine,
    );
  }

  private blockOfWeights(positions: readonly number[], label: string): CurvatureBlock {
    const key = positions.join();
    let block = this.blocks.get(key);
    if (block === undefined) {
      const space = this.spaceOf(
        `The ${this.args.name}'s block of ${label}`,
        positions.map(i => this.weights[i]!),
      );
      block = new CurvatureBlock(this.space, space, positions, this.args.map);
      this.blocks.set(key, block);
    }
    return block;
  }

  /** The weights that have entries at some positions of the network's vector, and the positions in the vector of these weights. */
  private within(indices: Int32Array): {positions: number[]; local: Int32Array} {
    const owner = indices.map(index => this.weightAt(index));
    const positions = [...new Set(owner)].sort((a, b) => a - b);
    const shift = new Map<number, number>();
    let before = 0;
    for (const i of positions) {
      const {offset, shape} = this.weights[i]!;
      shift.set(i, before - offset);
      before += sizeOf(shape);
    }
    return {positions, local: indices.map((index, i) => index + shift.get(owner[i]!)!)};
  }

  /** The position of the last weight that begins at or before a place: none is empty. */
  private weightAt(index: number): number {
    let [low, high] = [0, this.weights.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.weights[middle]!.offset <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The parts of the flattened vector that belong to each layer. */
export function sliceLayers(layers: readonly WeightedLayer[]): LayerSlice[] {
  let offset = 0;
  return layers.map(({name, className, variables}, index) => {
    const start = offset;
    const weights = variables.map(weight => {
      const {shape, size} = weight.variable;
      const slice = {name: weight.name, path: weight.path, shape: [...shape], offset};
      offset += size;
      return slice;
    });
    return {name, index, className, offset: start, size: offset - start, weights};
  });
}
