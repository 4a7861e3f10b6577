import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from './engine-access.js';
import {runKernel} from './engine-access.js';

/** Computes what a kernel should, with kernels that are right: itself on other inputs, and others. */
interface Correction {
  readonly isNeeded: (inputs: NamedTensorMap, attrs: Attributes) => boolean;
  readonly compute: (inputs: NamedTensorMap, attrs: Attributes) => Tensor[];
}

/**
 * Backward kernels that some engines compute wrongly. While a gradient is recorded they are replaced, so that its
 * derivative is that of the loss; training itself is left as it is.
 */
export function correctionOf(kernel: string, inputs: NamedTensorMap, attrs: Attributes): (() => Tensor[]) | null {
  const correction = corrections[kernel];
  return correction?.isNeeded(inputs, attrs) ? () => correction.compute(inputs, attrs) : null;
}

const averagePooling = (kernel: string, spatialAxes: number): Correction => ({
  isNeeded: (_inputs, {pad}) => tf.getBackend() !== 'tensorflow' && pad !== 'valid' && pad !== 0,
  compute: (inputs, attrs) => runKernel(kernel, wholeWindows(inputs, attrs, spatialAxes), attrs),
});

const corrections: Readonly<Record<string, Correction>> = {
  AvgPoolGrad: averagePooling('AvgPoolGrad', 2),
  AvgPool3DGrad: averagePooling('AvgPool3DGrad', 3),
  // The engine in plain JavaScript reads the wrong rows of all images but the first: as channels of one image they are right.
  ResizeNearestNeighborGrad: {
    isNeeded: ({dy}) => tf.getBackend() === 'cpu' && dy!.shape[0]! > 1,
    compute: ({dy, images}, attrs) => {
      const [batch, height, width, channels] = images!.shape as [number, number, number, number];
      const asChannels = (x: Tensor) => {
        const [, h, w] = x.shape;
        return tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [1, h!, w!, batch * channels]);
      };
      const inputs = {images: asChannels(images!), dy: asChannels(dy!)};
      const [gradient] = runKernel('ResizeNearestNeighborGrad', inputs, attrs);
      return [tf.transpose(tf.reshape(gradient!, [height, width, batch, channels]), [2, 0, 1, 3])];
    },
  },
};

/**
 * TensorFlow.js' own engines average over the part of a window that lies inside the image, but divide the gradient by
 * the whole window's size: dy is scaled by size/part first.
 */
function wholeWindows(inputs: NamedTensorMap, attrs: Attributes, spatialAxes: number): NamedTensorMap {
  const dy = inputs.dy!;
  const image = inputs.input!.shape.slice(1, 1 + spatialAxes);
  const output = dy.shape.slice(1, 1 + spatialAxes);
  const list = (value: unknown) =>
    typeof value === 'number' ? Array<number>(spatialAxes).fill(value) : (value as number[]);
  const filter = list(attrs.filterSize);
  const strides = list(attrs.strides);
  const scales = output.map((size, axis) => {
    const before = paddingBefore(attrs.pad, axis, image[axis]!, size, filter[axis]!, strides[axis]!);
    const scale = Array.from({length: size}, (_, i) => {
      const start = i * strides[axis]! - before;
      const inside = Math.min(start + filter[axis]!, image[axis]!) - Math.max(start, 0);
      return filter[axis]! / inside;
    });
    const shape = Array<number>(dy.rank).fill(1);
    shape[axis + 1] = size;
    return tf.tensor(scale, shape);
  });
  return {...inputs, dy: scales.reduce((product, scale) => tf.mul(product, scale), dy)};
}

function paddingBefore(
  pad: unknown,
  axis: number,
  image: number,
  output: number,
  filter: number,
  stride: number,
): number {
  if (typeof pad === 'number') return pad;
  // Explicit padding names the batch axis too.
  if (Array.isArray(pad)) return (pad as [number, number][])[axis + 1]![0];
  return Math.floor(Math.max(0, (output - 1) * stride + filter - image) / 2);
}
