import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable, Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, type Keywords, single, singleShape} from './keras-layer.js';

interface NormalizationSettings extends Record<string, unknown> {
  readonly axis?: number | number[];
  readonly epsilon?: number;
  readonly momentum?: number;
  readonly center?: boolean;
  readonly scale?: boolean;
}

/** (x − mean) / √(variance + ε) · γ + β, where γ and β are optional. */
abstract class Normalization extends KerasLayer<NormalizationSettings> {
  protected gamma: LayerVariable | null = null;
  protected beta: LayerVariable | null = null;

  /** The axes that have weights of their own, in ascending order. */
  protected axes(rank: number): number[] {
    return [this.settings.axis ?? -1]
      .flat()
      .map(axis => (axis < 0 ? axis + rank : axis))
      .sort((a, b) => a - b);
  }

  protected others(rank: number): number[] {
    const axes = this.axes(rank);
    return Array.from({length: rank}, (_, i) => i).filter(i => !axes.includes(i));
  }

  override build(shapes: Shape | Shape[]): void {
    const shape = singleShape(shapes);
    const own = this.axes(shape.length).map(axis => shape[axis]!);
    if (this.settings.scale !== false) this.gamma = this.weight('gamma', own);
    if (this.settings.center !== false) this.beta = this.weight('beta', own);
    this.buildMore(own);
    this.built = true;
  }

  protected buildMore(_shape: Shape): void {}

  protected normalize(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor {
    const axes = this.axes(x.rank);
    const shape = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
    const spread = (weight: LayerVariable) => tf.reshape(weight.read(), shape);
    let scale: tf.Tensor = tf.rsqrt(tf.add(variance, this.settings.epsilon ?? 1e-3));
    if (this.gamma) scale = tf.mul(scale, spread(this.gamma));
    const y = tf.mul(tf.sub(x, mean), scale);
    return this.beta ? tf.add(y, spread(this.beta)) : y;
  }
}

export class KerasLayerNormalization extends Normalization {
  static readonly className = 'KerasLayerNormalization';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const {mean, variance} = tf.moments(x, this.axes(x.rank), true);
      return this.normalize(x, mean, variance);
    });
  }
}

/** The ε of Keras in a division by a sum of masks. */
const SUM_EPSILON = 1e-7;

/** Uses the moments of the batch in training, of the unmasked steps only. A frozen layer uses the moving moments. */
export class KerasBatchNormalization extends Normalization {
  static readonly className = 'KerasBatchNormalization';
  private movingMean!: LayerVariable;
  private movingVariance!: LayerVariable;

  protected override buildMore(shape: Shape): void {
    this.movingMean = this.weight('moving_mean', shape, false);
    this.movingVariance = this.weight('moving_variance', shape, false);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], {training, mask}: Keywords): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const axes = this.axes(x.rank);
      if (!training || !this.trainable) {
        const shape = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
        const [mean, variance] = [this.movingMean, this.movingVariance].map(each => tf.reshape(each.read(), shape));
        return this.normalize(x, mean!, variance!);
      }
      const {mean, variance} = this.moments(x, mask as tf.Tensor | undefined);
      this.move(this.movingMean, mean);
      this.move(this.movingVariance, variance);
      return this.normalize(x, mean, variance);
    });
  }

  private moments(x: tf.Tensor, mask: tf.Tensor | undefined): {mean: tf.Tensor; variance: tf.Tensor} {
    const axes = this.others(x.rank);
    if (!mask) return tf.moments(x, axes, true);
    const weights = tf.expandDims(tf.cast(mask, 'float32'), -1);
    const count = tf.add(tf.sum(weights, axes, true), SUM_EPSILON);
    const mean = tf.div(tf.sum(tf.mul(x, weights), axes, true), count);
    const squares = tf.mul(tf.square(tf.sub(x, mean)), weights);
    return {mean, variance: tf.div(tf.sum(squares, axes, true), count)};
  }

  private move(moving: LayerVariable, value: tf.Tensor): void {
    tf.tidy(() => {
      const before = moving.read();
      const change = tf.mul(tf.sub(before, tf.reshape(value, before.shape)), 1 - (this.settings.momentum ?? 0.99));
      moving.write(tf.sub(before, change));
    });
  }
}
