import {fold} from '../batching.js';
import type {RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';

// Interpolation is linear in the image. Its gradient reads nothing of the image but the shape.

export const resizingRules: RuleFamily = {
  ResizeBilinear: linear(['images'], {batch: fold('ResizeBilinear', 0, 0)}),
  ResizeNearestNeighbor: linear(['images'], {batch: fold('ResizeNearestNeighbor', 0, 0)}),
  ResizeBilinearGrad: linear(['dy']),
  ResizeNearestNeighborGrad: linear(['dy']),
  CropAndResize: linear(['image']),
};
