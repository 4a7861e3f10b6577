import type {KernelSample, SampleInput} from './sample.js';
import {real} from './sample.js';

const of = (x: SampleInput, ...attrs: NonNullable<KernelSample['attrs']>[]): KernelSample[] =>
  attrs.map(each => ({inputs: {x}, attrs: each}));

export const shapeSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  Identity: of(real(2, 3), {}),
  Cast: of(real(2, 3), {dtype: 'float32'}),
  Reshape: of(real(2, 3), {shape: [3, 2]}, {shape: [6]}),
  ExpandDims: [0, 1, -1].map(dim => ({inputs: {input: real(2, 3)}, attrs: {dim}})),
  Transpose: of(real(2, 3, 4), {perm: [2, 0, 1]}, {perm: [0, 2, 1]}),
  Concat: [0, 1].map(axis => ({inputs: {0: real(2, 3), 1: real(2, 3)}, attrs: {axis}})),
  Pack: [0, 1].map(axis => ({inputs: {0: real(2, 3), 1: real(2, 3)}, attrs: {axis}})),
  Unpack: [0, -1].map(axis => ({inputs: {value: real(2, 3)}, attrs: {axis}})),
  SplitV: of(real(2, 6), {numOrSizeSplits: [1, 3, 2], axis: 1}, {numOrSizeSplits: 2, axis: 1}),
  Slice: of(real(3, 4), {begin: [1, 0], size: [2, 3]}, {begin: [1, 1], size: [-1, 2]}),
  StridedSlice: of(real(4, 5), {
    begin: [0, 1],
    end: [4, 5],
    strides: [2, 3],
    beginMask: 0,
    endMask: 0,
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
  }),
  Reverse: of(real(2, 3), {dims: [1]}, {dims: [0, -1]}),
  Tile: of(real(2, 3), {reps: [2, 1]}, {reps: [1, 3]}),
  PadV2: of(real(2, 3), {paddings: [[1, 0], [0, 2]], constantValue: 5}), // biome-ignore format: pairs
  MirrorPad: of(
    real(2, 3),
    {paddings: [[1, 0], [0, 2]], mode: 'reflect'}, // biome-ignore format: pairs
    {paddings: [[1, 0], [1, 2]], mode: 'symmetric'}, // biome-ignore format: pairs
  ),
  Cumsum: of(
    real(2, 4),
    {axis: 1, exclusive: false, reverse: false},
    {axis: 0, exclusive: false, reverse: true},
    {axis: 1, exclusive: true, reverse: false},
  ),
  SpaceToBatchND: of(real(1, 3, 4, 2), {blockShape: [2, 2], paddings: [[1, 0], [0, 0]]}), // biome-ignore format: pairs
  BatchToSpaceND: of(real(4, 2, 2, 1), {blockShape: [2, 2], crops: [[1, 0], [0, 0]]}), // biome-ignore format: pairs
  DepthToSpace: of(real(2, 2, 2, 4), {blockSize: 2, dataFormat: 'NHWC'}),
};
