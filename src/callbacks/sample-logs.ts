import type {Scalar} from '@tensorflow/tfjs-core';
import type {HessianSample} from '../streams/hessian-sample.js';

/** What tfjs-layers hands from callback to callback, and at last to `History`. */
export type Logs = Record<string, number | Scalar>;

/** Puts a sample's scalars where `History`, `earlyStopping` and TensorBoard find them: `hessian/trace`, `hessian/<layer>/top`, … */
export function logSample({full, layers}: HessianSample, prefix: string, logs: Logs): void {
  for (const {path, block} of [
    {path: prefix, block: full},
    ...layers.map(layer => ({path: `${prefix}/${layer.name}`, block: layer})),
  ]) {
    logs[`${path}/trace`] = block.trace.value;
    logs[`${path}/top`] = block.largest[0]!.value;
  }
}
