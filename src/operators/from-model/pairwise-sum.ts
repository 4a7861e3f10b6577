import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Disposable} from '../../owned.js';

/** A sum over some batches: a node of the tree of sums. Node `index` of a level has the batches from index · 2^level on. */
export interface PartialSum<T> {
  readonly level: number;
  readonly index: number;
  readonly value: T;
}

/** Tensors that are added position by position; `null` is zero. */
export type Parts = readonly (Tensor | null)[];

/**
 * The sum of a data set's terms, one a batch, by a fixed tree: neighbours are added, then neighbouring sums, and so on.
 *
 * The tree depends on the number of batches alone, so the bits of the sum do not depend on the order in which terms come, on who adds which
 * of them, nor on how many workers there are. The rounding error grows with the logarithm of the number of batches (Higham 1993, pairwise
 * summation). It owns the tensors that it holds, at most one sum for each level of the tree if the terms come in order.
 */
export class PairwiseSum implements Disposable {
  private readonly open = new Map<string, PartialSum<Parts>>();

  /** @param count the number of batches. */
  constructor(private readonly count: number) {}

  /** Adds a term, or the sum of a whole node. It owns the tensors, which are kept. */
  add({level, index, value}: PartialSum<Parts>): void {
    let node = {level, index, value};
    for (let width = this.width(level); width > 1; width = this.width(node.level)) {
      const sibling = node.index ^ 1;
      const above = {level: node.level + 1, index: node.index >> 1};
      // The last node of a level may have no sibling.
      if (sibling >= width) {
        node = {...above, value: node.value};
        continue;
      }
      const key = keyOf(node.level, sibling);
      const other = this.open.get(key);
      if (other === undefined) break;
      this.open.delete(key);
      const [left, right] = sibling < node.index ? [other.value, node.value] : [node.value, other.value];
      node = {...above, value: sumOf(left, right)};
    }
    this.open.set(keyOf(node.level, node.index), node);
  }

  /** The sums that it holds, which now belong to the caller. */
  take(): PartialSum<Parts>[] {
    const all = [...this.open.values()];
    this.open.clear();
    return all;
  }

  /** The sum of all terms, which now belongs to the caller. All must have come. */
  total(): Parts {
    const [root, ...others] = this.take();
    if (root === undefined || others.length > 0 || this.width(root.level) > 1) {
      disposeAll([root, ...others]);
      throw new Error('Not all batches have been added.');
    }
    return root.value;
  }

  dispose(): void {
    disposeAll(this.take());
  }

  /** The number of nodes of a level. */
  private width(level: number): number {
    return Math.ceil(this.count / 2 ** level);
  }
}

/** share · term, kept. */
export function weighted(terms: Parts, share: number): Parts {
  return terms.map(term => (term === null ? null : tf.tidy(() => tf.keep(tf.mul(term, share)))));
}

function sumOf(left: Parts, right: Parts): Parts {
  return left.map((a, i) => {
    const b = right[i]!;
    if (a === null || b === null) return a ?? b;
    const sum = tf.tidy(() => tf.keep(tf.add(a, b)));
    tf.dispose([a, b]);
    return sum;
  });
}

function disposeAll(sums: readonly (PartialSum<Parts> | undefined)[]): void {
  for (const sum of sums) for (const tensor of sum?.value ?? []) tensor?.dispose();
}

function keyOf(level: number, index: number): string {
  return `${level}/${index}`;
}
