import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, type Keywords, single, singleShape} from './keras-layer.js';

interface PoolSettings extends Record<string, unknown> {
  readonly dataFormat?: 'channelsFirst' | 'channelsLast';
  readonly keepdims?: boolean;
}

abstract class GlobalPooling extends KerasLayer<PoolSettings> {
  /** The axes that are not the batch and the channels. */
  protected axes(rank: number): number[] {
    const first = this.settings.dataFormat === 'channelsFirst' ? 2 : 1;
    return Array.from({length: rank - 2}, (_, i) => first + i);
  }

  protected get keepsAxes(): boolean {
    return this.settings.keepdims === true;
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const shape = singleShape(shapes);
    const axes = this.axes(shape.length);
    if (this.keepsAxes) return shape.map((n, i) => (axes.includes(i) ? 1 : n));
    return shape.filter((_, i) => !axes.includes(i));
  }
}

abstract class GlobalMaxPooling extends GlobalPooling {
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      return tf.max(x, this.axes(x.rank), this.keepsAxes);
    });
  }
}

export class KerasGlobalMaxPooling1D extends GlobalMaxPooling {
  static readonly className = 'KerasGlobalMaxPooling1D';
}

export class KerasGlobalMaxPooling2D extends GlobalMaxPooling {
  static readonly className = 'KerasGlobalMaxPooling2D';
}

export class KerasGlobalAveragePooling2D extends GlobalPooling {
  static readonly className = 'KerasGlobalAveragePooling2D';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      return tf.mean(x, this.axes(x.rank), this.keepsAxes);
    });
  }
}

/** The mean over the steps that the mask keeps. */
export class KerasGlobalAveragePooling1D extends GlobalPooling {
  static readonly className = 'KerasGlobalAveragePooling1D';

  override call(inputs: tf.Tensor | tf.Tensor[], {mask}: Keywords): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const axes = this.axes(x.rank);
      if (!mask) return tf.mean(x, axes, this.keepsAxes);
      const weights = tf.expandDims(tf.cast(mask as tf.Tensor, 'float32'), axes[0] === 1 ? 2 : 1);
      const sum = tf.sum(tf.mul(x, weights), axes, this.keepsAxes);
      return tf.div(sum, tf.sum(weights, axes, this.keepsAxes));
    });
  }
}
