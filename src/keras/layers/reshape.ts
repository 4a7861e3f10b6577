import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, single, singleShape} from './keras-layer.js';

/** A reshape in which the length of one axis follows from the others. */
export class KerasReshape extends KerasLayer<{readonly targetShape: (number | null)[]}> {
  static readonly className = 'KerasReshape';

  /** The target shape without the batch axis. tfjs-layers cannot compute it if the batch size is unknown. */
  private target(shape: Shape): (number | null)[] {
    const {targetShape} = this.settings;
    const product = (sizes: readonly (number | null)[]) =>
      sizes.reduce<number>((size, n) => size * (n ?? Number.NaN), 1);
    const isOpen = (n: number | null) => n === null || n < 0;
    const open = product(shape.slice(1)) / product(targetShape.filter(n => !isOpen(n)));
    return targetShape.map(n => (isOpen(n) ? (Number.isNaN(open) ? null : open) : n));
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = single(inputs);
    return tf.reshape(x, [x.shape[0]!, ...(this.target(x.shape) as number[])]);
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const shape = singleShape(shapes);
    return [shape[0]!, ...this.target(shape)];
  }
}
