import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from './engine-access.js';

/** What a kernel's inputs must be for it to compute the right thing. */
type Correction = (inputs: NamedTensorMap, attrs: Attributes) => NamedTensorMap;

/**
 * Backward kernels that some engines compute wrongly. While a gradient is recorded they are given other inputs, so that
 * its derivative is that of the loss; training itself is left as it is.
 */
const corrections: Readonly<Record<string, Correction>> = {
  AvgPoolGrad: (inputs, attrs) => wholeWindows(inputs, attrs, 2),
  AvgPool3DGrad: (inputs, attrs) => wholeWindows(inputs, attrs, 3),
};

const ENGINES_WITHOUT_FAULT: ReadonlySet<string> = new Set(['tensorflow']);

export function correctedInputs(kernel: string, inputs: NamedTensorMap, attrs: Attributes): NamedTensorMap {
  const correction = corrections[kernel];
  return correction === undefined || ENGINES_WITHOUT_FAULT.has(tf.getBackend()) ? inputs : correction(inputs, attrs);
}

/**
 * TensorFlow.js' own engines average over the part of a window that lies inside the image, but divide the gradient by
 * the whole window's size: dy is scaled by size/part first.
 */
function wholeWindows(inputs: NamedTensorMap, attrs: Attributes, spatialAxes: number): NamedTensorMap {
  const dy = inputs.dy!;
  const image = inputs.input!.shape.slice(1, 1 + spatialAxes);
  const output = dy.shape.slice(1, 1 + spatialAxes);
  if (attrs.pad === 'valid' || attrs.pad === 0) return inputs;
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
