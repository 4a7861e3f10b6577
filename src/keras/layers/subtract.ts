import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer} from './keras-layer.js';

/** The first input minus the second. */
export class KerasSubtract extends KerasLayer {
  static readonly className = 'KerasSubtract';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [a, b] = inputs as tf.Tensor[];
    return tf.sub(a!, b!);
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const [a, b] = shapes as Shape[];
    return a!.map((n, i) => (n === 1 ? b![i]! : n));
  }
}
