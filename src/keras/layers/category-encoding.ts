import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {KerasLayer, single, singleShape} from './keras-layer.js';

interface EncodingSettings extends Record<string, unknown> {
  readonly numTokens: number;
  readonly outputMode?: 'multiHot' | 'oneHot' | 'count';
}

/** Encodes integers as vectors, one for each integer or one for the last axis. The layer of tfjs-layers changes its input's shape. */
export class KerasCategoryEncoding extends KerasLayer<EncodingSettings> {
  static readonly className = 'KerasCategoryEncoding';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const {numTokens, outputMode = 'multiHot'} = this.settings;
    return tf.tidy(() => {
      const tokens = tf.cast(single(inputs), 'int32');
      this.checkRange(tokens, numTokens);
      const vectors = tf.cast(tf.oneHot(tokens as tf.Tensor1D, numTokens), 'float32') as tf.Tensor;
      if (outputMode === 'count') return tf.sum(vectors, -2);
      if (outputMode === 'multiHot') return tf.max(vectors, -2);
      return tokens.shape.at(-1) === 1 ? tf.squeeze(vectors, [-2]) : vectors;
    });
  }

  private checkRange(tokens: tf.Tensor, count: number): void {
    const wrong = tokens.dataSync().find(token => token < 0 || token >= count);
    if (wrong === undefined) return;
    throw new InvalidArgumentError(
      `Layer "${this.name}" (CategoryEncoding) gets ${wrong}, and takes integers from 0 to ${count - 1}.`,
    );
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const {numTokens, outputMode} = this.settings;
    const shape = singleShape(shapes);
    return [...(outputMode === 'oneHot' && shape.at(-1) !== 1 ? shape : shape.slice(0, -1)), numTokens];
  }
}
