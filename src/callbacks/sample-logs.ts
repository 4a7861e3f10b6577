import type {Scalar} from '@tensorflow/tfjs-core';
import type {HessianSample} from '../streams/hessian-sample.js';

/** The logs that tfjs-layers passes through all callbacks to `History`. */
export type Logs = Record<string, number | Scalar>;

/**
 * Adds the scalars of a sample to the logs, for `History`, `earlyStopping` and TensorBoard: `hessian/trace`, its standard error
 * `hessian/trace_se` if it is known, `hessian/<layer>/top`, …, and `hessian/stability` if that is known: the sharpness over the
 * optimizer's threshold.
 */
export function logSample({full, layers, stability}: HessianSample, prefix: string, logs: Logs): void {
  for (const {path, block} of [
    {path: prefix, block: full},
    ...layers.map(layer => ({path: `${prefix}/${layer.name}`, block: layer})),
  ]) {
    logs[`${path}/trace`] = block.trace.value;
    if (block.trace.standardError !== null) logs[`${path}/trace_se`] = block.trace.standardError;
    logs[`${path}/top`] = block.largest[0]!.value;
  }
  if (stability !== null) logs[`${prefix}/stability`] = stability.ratio;
}
