import type {Scalar} from '@tensorflow/tfjs-core';
import type {HessianSample} from '../streams/hessian-sample.js';
import {finiteOrNull} from '../streams/training-note.js';

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

/** Names in the logs of a batch that are no results of it. */
const COUNTS = new Set(['batch', 'size']);

/** What `fit` itself has logged, read from the engine; `null` for numbers that are not finite. */
export async function fitLogs(logs: Logs, prefix: string | null): Promise<Record<string, number | null>> {
  const own = Object.entries(logs).filter(
    ([name]) => !COUNTS.has(name) && (prefix === null || !name.startsWith(`${prefix}/`)),
  );
  const read = async (value: number | Scalar) => (typeof value === 'number' ? value : (await value.data())[0]!);
  return Object.fromEntries(
    await Promise.all(own.map(async ([name, value]) => [name, finiteOrNull(await read(value))] as const)),
  );
}
