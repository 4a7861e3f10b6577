import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {unflatten} from '../../model/flattening.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import {variablesOf} from '../../model/layers/weighted-layers.js';
import type {WeightValue} from '../../model/weight-snapshot.js';
import type {Disposable} from '../../owned.js';

/** Where a model's weights are, and two directions; each a tensor for each weight. It owns them. */
export class Plane implements Disposable {
  private readonly weights: readonly WeightValue[];
  private directions: readonly (readonly Tensor[])[] = [];

  constructor(layers: readonly WeightedLayer[]) {
    this.weights = variablesOf(layers).map(variable => ({variable, value: tf.keep(variable.clone())}));
  }

  /** Makes the directions, within a scope. */
  span(make: (weights: readonly Tensor[]) => readonly (readonly Tensor[])[]): void {
    this.directions = tf.tidy(() =>
      make(this.weights.map(({value}) => value)).map(parts => parts.map(part => tf.keep(part.clone()))),
    );
  }

  /** Takes the two columns of `[size, 2]` for directions. */
  spanColumns(columns: Tensor2D): void {
    this.span(weights => {
      const shapes = weights.map(({shape}) => shape);
      return tf.unstack(columns, 1).map(column => unflatten(column as Tensor1D, shapes));
    });
  }

  async measure(): Promise<{norms: [number, number]; cosine: number}> {
    const [u, v] = this.directions as [readonly Tensor[], readonly Tensor[]];
    const dot = (a: readonly Tensor[], b: readonly Tensor[]) =>
      tf.addN(a.map((part, i) => tf.sum(tf.mul(part, b[i]!))));
    const products = tf.tidy(() => tf.stack([dot(u, u), dot(v, v), dot(u, v)]));
    const [uu, vv, uv] = [...(await products.data())] as [number, number, number];
    products.dispose();
    const norms: [number, number] = [Math.sqrt(uu), Math.sqrt(vv)];
    return {norms, cosine: uv / (norms[0] * norms[1])};
  }

  /** θ + a d₁ + b d₂. The caller owns the tensors. */
  at(a: number, b: number): WeightValue[] {
    const [u, v] = this.directions as [readonly Tensor[], readonly Tensor[]];
    return this.weights.map(({variable, value}, i) => ({
      variable,
      value: tf.tidy(() => tf.keep(tf.addN([value, tf.mul(u[i]!, a), tf.mul(v[i]!, b)]))),
    }));
  }

  dispose(): void {
    tf.dispose([...this.directions.flat(), ...this.weights.map(({value}) => value)]);
  }
}
