import type {Tensor} from '@tensorflow/tfjs-core';
import {runKernel} from '../../../../src/kernels/run-kernel.js';
import type {KernelSample} from './sample.js';
import {apart, real} from './sample.js';

const halves = {filterSize: 2, strides: 2, pad: 'valid'};
const rows = {filterSize: [1, 2], strides: [1, 2], pad: 'valid'};
const overlapping = {filterSize: 3, strides: 2, pad: 'valid'};
const bordered = {filterSize: 3, strides: 2, pad: 'same'};
const sparse = {filterSize: 2, strides: 3, pad: 'same'};
const deep = {...halves, dataFormat: 'NDHWC'};
const deepOverlapping = {...deep, strides: 1};

const output = (kernel: string, attrs: KernelSample['attrs']) => (inputs: Record<string, Tensor>) =>
  runKernel(kernel, {x: inputs.input!}, attrs)[0]!;

export const poolingSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  AvgPool: [halves, rows, overlapping, bordered].map(attrs => ({inputs: {x: real(2, 4, 5, 2)}, attrs})),
  AvgPool3D: [deep, deepOverlapping].map(attrs => ({inputs: {x: real(2, 4, 3, 3, 2)}, attrs})),
  AvgPoolGrad: [
    {inputs: {dy: real(2, 2, 2, 2), input: real(2, 4, 4, 2)}, attrs: halves},
    {inputs: {dy: real(2, 1, 2, 2), input: real(2, 4, 5, 2)}, attrs: overlapping},
  ],
  AvgPool3DGrad: [{inputs: {dy: real(2, 2, 1, 1, 2), input: real(2, 4, 3, 3, 2)}, attrs: deep}],
  MaxPool: [halves, rows, overlapping, bordered, sparse].map(attrs => ({inputs: {x: apart(0.5, 2, 4, 5, 2)}, attrs})),
  MaxPool3D: [deep, deepOverlapping].map(attrs => ({inputs: {x: apart(0.5, 2, 4, 3, 3, 2)}, attrs})),
  MaxPoolGrad: [halves, bordered].map(attrs => ({
    inputs: {dy: real(2, 2, 2, 2), input: apart(0.5, 2, 4, 4, 2), output: output('MaxPool', attrs)},
    attrs,
  })),
  MaxPool3DGrad: [
    {
      inputs: {dy: real(2, 2, 1, 1, 2), input: apart(0.5, 2, 4, 3, 3, 2), output: output('MaxPool3D', deep)},
      attrs: deep,
    },
  ],
};
