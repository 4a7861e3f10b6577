import type {KernelSample} from './sample.js';
import {apart, drawn, given, integers, real} from './sample.js';

const indexing = {
  GatherV2: [
    {inputs: {x: real(4, 3), indices: integers([2, 0, 2])}, attrs: {axis: 0, batchDims: 0}},
    {inputs: {x: real(2, 4), indices: integers([3, 1])}, attrs: {axis: 1, batchDims: 0}},
    {inputs: {x: real(2, 4), indices: integers([3, 1, 0, 0], [2, 2])}, attrs: {axis: 1, batchDims: 1}},
  ],
  GatherNd: [{inputs: {params: real(3, 2), indices: integers([0, 1, 2, 0], [2, 2])}}],
  UnsortedSegmentSum: [{inputs: {x: real(4, 3), segmentIds: integers([2, 0, 2, 1])}, attrs: {numSegments: 3}}],
  ScatterNd: [{inputs: {indices: integers([2, 0, 2], [3, 1]), updates: real(3, 2)}, attrs: {shape: [4, 2]}}],
};

const normalization = {
  FusedBatchNorm: [
    {
      inputs: {x: real(2, 2, 2, 3), mean: real(3), variance: drawn(0.6, 2, 3), scale: real(3), offset: real(3)},
      attrs: {varianceEpsilon: 1e-3},
    },
    {
      inputs: {x: real(4, 1, 1, 3), mean: real(3), variance: drawn(0.6, 2, 3), scale: real(3), offset: real(3)},
      attrs: {varianceEpsilon: 1e-3},
    },
  ],
  Softmax: [{inputs: {logits: real(2, 3)}, attrs: {dim: 1}}],
};

const gating = {
  Prelu: [
    {inputs: {x: apart(0.5, 2, 4), alpha: real(4)}},
    {inputs: {x: apart(0.5, 2, 2, 3), alpha: real(1, 3)}},
    {inputs: {x: apart(0.5, 2, 4), alpha: real(2, 4)}},
  ],
  EluGrad: [{inputs: {dy: real(6), y: given([-0.8, -0.5, -0.2, 0.3, 0.7, 2])}}],
};

const axes: {axis: number | number[]; keepDims: boolean}[] = [
  {axis: -1, keepDims: false},
  {axis: [1], keepDims: false},
  {axis: [0], keepDims: true},
  {axis: [0, 1], keepDims: false},
];
const reduction = {
  Sum: axes.map(attrs => ({inputs: {x: real(2, 3)}, attrs})),
  Mean: axes.map(attrs => ({inputs: {x: real(2, 3)}, attrs})),
  Max: axes.map(({axis, keepDims}) => ({inputs: {x: apart(0.5, 2, 3)}, attrs: {reductionIndices: axis, keepDims}})),
  Min: axes.map(attrs => ({inputs: {x: apart(0.5, 2, 3)}, attrs})),
};

const products = {
  // With a factor of zero, and with two.
  Prod: [
    {inputs: {x: real(2, 5)}, attrs: {axis: 1, keepDims: false}},
    {inputs: {x: real(3, 2, 2)}, attrs: {axis: [0, 2], keepDims: false}},
    {inputs: {x: given([1, 2, 0, 3, 0, -1, 0, 2], [2, 4])}, attrs: {axis: 1, keepDims: false}},
    {inputs: {x: real(2, 3)}, attrs: {axis: null, keepDims: false}},
  ],
  Cumprod: [
    {inputs: {x: real(2, 5)}, attrs: {axis: 1, exclusive: false, reverse: false}},
    {inputs: {x: real(4, 2)}, attrs: {axis: 0, exclusive: true, reverse: true}},
    {inputs: {x: given([1, 2, 0, 3, 0, -1, 0, 2], [2, 4])}, attrs: {axis: 1, exclusive: true, reverse: false}},
  ],
  Einsum: [
    {inputs: {0: real(2, 3), 1: real(3, 4)}, attrs: {equation: 'ij,jk->ik'}},
    {inputs: {0: real(2, 3, 2), 1: real(2, 2, 4)}, attrs: {equation: 'bij,bjk->bki'}},
  ],
};

const response = {depthRadius: 1, bias: 1, alpha: 0.7, beta: 0.6};
const localResponse = {
  LRN: [{inputs: {x: real(1, 2, 2, 4)}, attrs: response}],
  LRNGrad: [{inputs: {x: real(1, 2, 2, 4), y: real(1, 2, 2, 4), dy: real(1, 2, 2, 4)}, attrs: response}],
};

const resized = (alignCorners: boolean, halfPixelCenters: boolean) => ({
  inputs: {images: real(2, 3, 2, 2)},
  attrs: {alignCorners, halfPixelCenters, size: [5, 4]},
});
const shrunk = (alignCorners: boolean, ...side: [number, number]) => ({
  inputs: {dy: real(1, 5, 4, 2), images: real(1, ...side, 2)},
  attrs: {alignCorners},
});
const resizing = {
  ResizeBilinear: [resized(false, false), resized(true, false), resized(false, true)],
  ResizeNearestNeighbor: [resized(false, false), resized(true, false)],
  // The plain JavaScript engine's kernels are only right for a single square image.
  ResizeBilinearGrad: [shrunk(false, 3, 3), shrunk(true, 3, 3)],
  ResizeNearestNeighborGrad: [shrunk(false, 3, 2), shrunk(true, 3, 2)],
  CropAndResize: [
    {
      inputs: {
        image: real(2, 4, 4, 1),
        boxes: given([0, 0, 1, 1, 0.1, 0.2, 0.8, 0.9], [2, 4]),
        boxInd: integers([1, 0]),
      },
      attrs: {cropSize: [3, 3], method: 'bilinear', extrapolationValue: 0},
    },
  ],
};

export const otherSamples: Readonly<Record<string, readonly KernelSample[]>> = {
  ...indexing,
  ...normalization,
  ...gating,
  ...reduction,
  ...products,
  ...localResponse,
  ...resizing,
};
