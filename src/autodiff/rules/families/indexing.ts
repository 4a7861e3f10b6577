import type {GatherV2Attrs, UnsortedSegmentSumAttrs} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import type {VmapRule} from '../runner.js';
import {shiftAxis} from '../vmap.js';

// Gather kernels and their transposes: linear in the rows, constant in the indices.

/** With batch axes, the indices are repeated for each probe. */
const gather: VmapRule<GatherV2Attrs> = ({x, indices}, _lifted, attrs, k) => {
  const {batchDims = 0} = attrs;
  const shifted = {...attrs, axis: shiftAxis(attrs.axis, x!.rank)};
  if (batchDims === 0) return runKernel('GatherV2', {x: x!, indices: indices!}, shifted);
  const repeated = tf.broadcastTo(indices!, [k, ...indices!.shape]);
  return runKernel('GatherV2', {x: x!, indices: repeated}, {...shifted, batchDims: batchDims + 1});
};

/** Each probe gets its own segments: those of probe i start at i · numSegments. */
const segmentSum: VmapRule<UnsortedSegmentSumAttrs> = ({x, segmentIds}, _lifted, {numSegments: count}, k) => {
  const [rows, ...rest] = x!.shape.slice(1) as [number, ...number[]];
  const offsets = tf.range(0, k * count, count, 'int32');
  const ids = tf.reshape(tf.add(tf.reshape(offsets, [k, 1]), segmentIds!), [k * rows]);
  const folded = tf.reshape(x!, [k * rows, ...rest]);
  const [sums] = runKernel('UnsortedSegmentSum', {x: folded, segmentIds: ids}, {numSegments: k * count});
  return [tf.reshape(sums!, [k, count, ...rest])];
};

export const indexingRules: RuleFamily = {
  GatherV2: linear(['x'], {vmap: {x: gather}}),
  GatherNd: linear(['params']),
  UnsortedSegmentSum: linear(['x'], {vmap: {x: segmentSum}}),
  ScatterNd: linear(['updates']),
};
