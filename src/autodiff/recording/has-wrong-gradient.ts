import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {inputNamed} from '../../kernels/kernel-op.js';
import {offTape} from '../../tfjs-internals/core/tape.js';
import type {Shaped} from '../gradients/backward-kernels/correction.js';
import {backwardCorrections} from '../gradients/backward-kernels/correction-table.js';
import {reducedAxes, tiesOf} from '../gradients/extreme-gradient.js';
import {rightGradients} from '../gradients/wrong-gradients.js';
import type {Recording} from './recording.js';

/** Whether the gradient of a recorded kernel is wrong. */
type Judge = (node: KernelNode, recording: Recording) => boolean;

/** Whether TensorFlow.js' gradient of a recorded kernel, or of the kernels in its jet, is wrong. */
export const hasWrongGradient: Judge = (node, recording) => wrong[node.op.kernel]?.(node, recording) ?? false;

const inputOf = (node: KernelNode, name: string): Value => inputNamed(node, name)!;

/** Whether the backward kernel of a recorded kernel needs its correction. */
function backward(kernel: string, inputsOf: (node: KernelNode) => Record<string, Shaped>): Judge {
  return node => backwardCorrections[kernel]!.isNeeded(inputsOf(node), node.op.attrs);
}

const ofPool = (node: KernelNode) => {
  const [input, output] = [inputOf(node, 'x'), node.outputs[0]!];
  return {input, output, dy: output};
};

const averagePool = (kernel: string) => backward(`${kernel}Grad`, ofPool);

/** The jet of a max pool is an average pool of weighted elements. */
function maxPool(kernel: string, averageKernel: string): Judge {
  const [max, average] = [backward(`${kernel}Grad`, ofPool), averagePool(averageKernel)];
  return (node, recording) => max(node, recording) || average(node, recording);
}

const resizing = (kernel: string) =>
  backward(`${kernel}Grad`, node => ({images: inputOf(node, 'images'), dy: node.outputs[0]!}));

/** Whether elements tie for a maximum or minimum. WebGPU cannot read values synchronously; there the answer is yes. */
function mayTie(axesName: string): Judge {
  return (node, recording) => {
    if (tf.getBackend() === 'webgpu') return true;
    return offTape(() =>
      tf.tidy(() => {
        const [x, extreme] = [recording.tensorOf(inputOf(node, 'x')), recording.tensorOf(node.outputs[0]!)];
        const ties = tiesOf(x, extreme, reducedAxes(node.op.attrs[axesName], x.shape));
        return tf.sum(ties).dataSync()[0]! !== extreme.size;
      }),
    );
  };
}

const always = () => true;

const wrong: Readonly<Record<string, Judge>> = {
  ...Object.fromEntries(rightGradients.map(({gradient}) => [gradient.kernelName, always])),
  Cumsum: node =>
    node.op.attrs.axis !== inputOf(node, 'x').shape.length - 1 ||
    (tf.getBackend() === 'webgpu' && !node.op.attrs.reverse),
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
