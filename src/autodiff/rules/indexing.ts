import {shiftAxis} from '../batching.js';
import {runKernel} from '../engine-access.js';
import type {RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';

// Kernels that pick rows by index and their transposes: linear in the rows, constant in the index.

export const indexingRules: RuleFamily = {
  GatherV2: linear(['x'], {
    batch: {
      x: (inputs, _lifted, attrs) =>
        (attrs.batchDims as number | undefined)
          ? null
          : runKernel('GatherV2', inputs, {...attrs, axis: shiftAxis(attrs.axis, inputs.x!.rank)}),
    },
  }),
  GatherNd: linear(['params']),
  UnsortedSegmentSum: linear(['x']),
  ScatterNd: linear(['updates']),
};
