import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, single, singleShape} from './keras-layer.js';

type Interpolation = 'nearest' | 'bilinear';

/**
 * The matrix that resamples `from` pixels to `to`. The centers of pixels are at halves: output i is at (i + ½) from / to − ½ in
 * the input.
 */
function resamplingMatrix(from: number, to: number, interpolation: Interpolation): tf.Tensor2D {
  const rows = Array.from({length: to}, (_, i) => {
    const row = new Array<number>(from).fill(0);
    if (interpolation === 'nearest') {
      row[Math.min(from - 1, Math.floor(((i + 0.5) * from) / to))] = 1;
      return row;
    }
    const at = ((i + 0.5) * from) / to - 0.5;
    const below = Math.floor(at);
    const share = at - below;
    const inside = (pixel: number) => Math.min(from - 1, Math.max(0, pixel));
    row[inside(below)]! += 1 - share;
    row[inside(below + 1)]! += share;
    return row;
  });
  return tf.tensor2d(rows);
}

/** Multiplies one axis of a tensor by a matrix. */
function along(x: tf.Tensor, axis: number, matrix: tf.Tensor2D): tf.Tensor {
  const order = [axis, ...Array.from({length: x.rank}, (_, i) => i).filter(i => i !== axis)];
  const front = tf.transpose(x, order);
  const [, ...others] = front.shape;
  const product = tf.matMul(matrix, tf.reshape(front, [x.shape[axis]!, -1]));
  const back = order.map((_, i) => order.indexOf(i));
  return tf.transpose(tf.reshape(product, [matrix.shape[0], ...others]), back);
}

/** Resizes by a product with a matrix, so that it has derivatives on every engine. */
function resample(x: tf.Tensor, axis: number, to: number, interpolation: Interpolation): tf.Tensor {
  const from = x.shape[axis]!;
  return from === to ? x : along(x, axis, resamplingMatrix(from, to, interpolation));
}

interface UpSamplingSettings extends Record<string, unknown> {
  readonly size: number | [number, number];
  readonly dataFormat?: 'channelsFirst' | 'channelsLast';
}

/** Bilinear upsampling. */
export class KerasUpSampling2D extends KerasLayer<UpSamplingSettings> {
  static readonly className = 'KerasUpSampling2D';

  /** The axes that grow, and by which factors. */
  private factors(): [axis: number, factor: number][] {
    const {size, dataFormat} = this.settings;
    const [height, width] = typeof size === 'number' ? [size, size] : size;
    const first = dataFormat === 'channelsFirst' ? 2 : 1;
    return [
      [first, height],
      [first + 1, width],
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() =>
      this.factors().reduce(
        (x, [axis, factor]) => resample(x, axis, x.shape[axis]! * factor, 'bilinear'),
        single(inputs),
      ),
    );
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const shape = [...singleShape(shapes)];
    for (const [axis, factor] of this.factors()) shape[axis] = shape[axis] == null ? null : shape[axis]! * factor;
    return shape;
  }
}

interface SizeSettings extends Record<string, unknown> {
  readonly height: number;
  readonly width: number;
}

abstract class ToSize<S extends SizeSettings> extends KerasLayer<S> {
  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    const [batch, , , channels] = singleShape(shapes);
    return [batch!, this.settings.height, this.settings.width, channels!];
  }
}

export class KerasResizing extends ToSize<SizeSettings & {readonly interpolation: Interpolation}> {
  static readonly className = 'KerasResizing';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const {height, width, interpolation} = this.settings;
    return tf.tidy(() => resample(resample(single(inputs), 1, height, interpolation), 2, width, interpolation));
  }
}

export class KerasCenterCrop extends ToSize<SizeSettings> {
  static readonly className = 'KerasCenterCrop';

  override build(shapes: Shape | Shape[]): void {
    const [, rows, columns] = singleShape(shapes);
    const {height, width} = this.settings;
    if (rows == null || columns == null || rows < height || columns < width) {
      // Keras would enlarge images that are too small.
      throw new Error(
        `layer "${this.name}" (CenterCrop) gets images of ${rows} × ${columns} and must crop them to ${height} × ${width}; ` +
          'larger crops are not supported',
      );
    }
    super.build(shapes);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const {height, width} = this.settings;
    return tf.tidy(() => {
      const x = single(inputs);
      const [batch, rows, columns, channels] = x.shape as [number, number, number, number];
      const from = [0, Math.floor((rows - height) / 2), Math.floor((columns - width) / 2), 0];
      return tf.slice(x, from, [batch, height, width, channels]);
    });
  }
}
