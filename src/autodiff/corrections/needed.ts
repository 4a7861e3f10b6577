import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../../tfjs-internals/core/tape.js';
import type {RecordedCall, Slot} from '../recording.js';
import {backwardCorrections} from './backward-kernels.js';
import type {Shaped} from './correction.js';
import {rightGradients} from './wrong-gradients.js';

/** Whether TensorFlow.js' gradient of a kernel, or that of the kernels that its jet is made of, is wrong for a recorded call. */
export function hasWrongGradient(call: RecordedCall): boolean {
  return wrong[call.kernel]?.(call) ?? false;
}

const inputOf = (call: RecordedCall, name: string): Slot => call.inputs.get(name)!;

/** Whether a backward kernel of a call needs its correction. */
function backward(kernel: string, inputsOf: (call: RecordedCall) => Record<string, Shaped>) {
  return (call: RecordedCall) => backwardCorrections[kernel]!.isNeeded(inputsOf(call), call.attrs);
}

const ofPool = (call: RecordedCall) => {
  const [input, output] = [inputOf(call, 'x'), call.outputs[0]!];
  return {input, output, dy: output};
};

const averagePool = (kernel: string) => backward(`${kernel}Grad`, ofPool);

/** Its jet is an average pool of weighted elements. */
function maxPool(kernel: string, averageKernel: string) {
  const [max, average] = [backward(`${kernel}Grad`, ofPool), averagePool(averageKernel)];
  return (call: RecordedCall) => max(call) || average(call);
}

const resizing = (kernel: string) =>
  backward(`${kernel}Grad`, call => ({images: inputOf(call, 'images'), dy: call.outputs[0]!}));

/** Whether elements of a row tie for its maximum or minimum. WebGPU cannot be asked in time: there they may. */
function mayTie(axesName: string) {
  return (call: RecordedCall) => {
    if (tf.getBackend() === 'webgpu') return true;
    return offTape(() =>
      tf.tidy(() => {
        const [x, extreme] = [inputOf(call, 'x').tensor!, call.outputs[0]!.tensor!];
        const axes = tf.util.parseAxisParam((call.attrs[axesName] ?? undefined) as number[], x.shape);
        const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const ties: Tensor = tf.cast(tf.equal(x, tf.reshape(extreme, kept)), 'float32');
        return tf.sum(ties).dataSync()[0]! !== extreme.size;
      }),
    );
  };
}

const always = () => true;

const wrong: Readonly<Record<string, (call: RecordedCall) => boolean>> = {
  ...Object.fromEntries(rightGradients.map(({gradient}) => [gradient.kernelName, always])),
  Cumsum: call =>
    call.attrs.axis !== inputOf(call, 'x').shape.length - 1 || (tf.getBackend() === 'webgpu' && !call.attrs.reverse),
  Max: mayTie('reductionIndices'),
  Min: mayTie('axis'),
  AvgPool: averagePool('AvgPool'),
  AvgPool3D: averagePool('AvgPool3D'),
  MaxPool: maxPool('MaxPool', 'AvgPool'),
  MaxPool3D: maxPool('MaxPool3D', 'AvgPool3D'),
  ResizeBilinear: resizing('ResizeBilinear'),
  ResizeNearestNeighbor: resizing('ResizeNearestNeighbor'),
  Conv3D: backward('Conv3DBackpropInputV2', () => ({})),
};
