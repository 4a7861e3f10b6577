import type {KernelSample} from './sample.js';
import {real} from './sample.js';

const planar = {strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: undefined};
const strided = {...planar, strides: [2, 2], pad: 'same'};
const explicit = {...planar, pad: [[0, 0], [1, 0], [0, 2], [0, 0]]}; // biome-ignore format: pairs
const dilated = {...planar, dilations: [2, 2]};
const spatial = {strides: [1, 1, 1], pad: 'valid', dataFormat: 'NDHWC', dilations: [1, 1, 1]};
const spatialStrided = {...spatial, strides: [1, 2, 1], pad: 'same'};

const forward: KernelSample[] = [
  {inputs: {x: real(2, 4, 5, 2), filter: real(2, 3, 2, 3)}, attrs: planar},
  {inputs: {x: real(2, 4, 5, 2), filter: real(2, 3, 2, 3)}, attrs: strided},
  {inputs: {x: real(2, 4, 5, 2), filter: real(2, 2, 2, 3)}, attrs: explicit, gradient: false},
  {inputs: {x: real(2, 4, 5, 2), filter: real(2, 2, 2, 3)}, attrs: dilated, gradient: false},
];
const depthwise: KernelSample[] = [
  {inputs: {x: real(2, 4, 5, 2), filter: real(2, 2, 2, 3)}, attrs: planar},
  {inputs: {x: real(2, 4, 4, 2), filter: real(3, 3, 2, 1)}, attrs: strided},
];
const withBias = ({inputs, attrs}: KernelSample, channels: number): KernelSample => ({
  inputs: {...inputs, bias: real(channels)},
  attrs: {...attrs, activation: 'linear'},
});

export const convolutionSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  Conv2D: forward,
  Conv2DBackpropFilter: [
    {inputs: {x: real(2, 4, 5, 2), dy: real(2, 3, 3, 3)}, attrs: {...planar, filterShape: [2, 3, 2, 3]}},
    {inputs: {x: real(2, 4, 5, 2), dy: real(2, 2, 3, 3)}, attrs: {...strided, filterShape: [2, 3, 2, 3]}},
  ],
  Conv2DBackpropInput: [
    {inputs: {dy: real(2, 3, 3, 3), filter: real(2, 3, 2, 3)}, attrs: {...planar, inputShape: [2, 4, 5, 2]}},
    {inputs: {dy: real(2, 2, 3, 3), filter: real(2, 3, 2, 3)}, attrs: {...strided, inputShape: [2, 4, 5, 2]}},
  ],
  FusedConv2D: forward.slice(0, 2).map(sample => withBias(sample, 3)),
  Conv3D: [
    {inputs: {x: real(2, 3, 4, 3, 2), filter: real(2, 2, 2, 2, 2)}, attrs: spatial},
    {inputs: {x: real(2, 3, 4, 3, 2), filter: real(2, 2, 2, 2, 2)}, attrs: spatialStrided},
  ],
  Conv3DBackpropFilterV2: [
    {inputs: {x: real(2, 3, 4, 3, 2), dy: real(2, 2, 3, 2, 2)}, attrs: {...spatial, filterShape: [2, 2, 2, 2, 2]}},
  ],
  Conv3DBackpropInputV2: [
    {inputs: {dy: real(2, 2, 3, 2, 2), filter: real(2, 2, 2, 2, 2)}, attrs: {...spatial, inputShape: [2, 3, 4, 3, 2]}},
  ],
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropFilter: [
    {inputs: {x: real(2, 4, 5, 2), dy: real(2, 3, 4, 6)}, attrs: {...planar, filterShape: [2, 2, 2, 3]}},
  ],
  DepthwiseConv2dNativeBackpropInput: [
    {inputs: {dy: real(2, 3, 4, 6), filter: real(2, 2, 2, 3)}, attrs: {...planar, inputShape: [2, 4, 5, 2]}},
  ],
  FusedDepthwiseConv2D: [withBias(depthwise[0]!, 6)],
};
