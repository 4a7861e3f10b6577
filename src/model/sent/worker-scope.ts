import type {ModelCompileArgs} from '@tensorflow/tfjs-layers';
import type {GenericSchema} from 'valibot';
import {isSynchronous, isText, that, withMethods} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';

/** The scope of a worker's script: `self` in a web worker, `parentPort` in a worker thread of Node. */
export interface WorkerScope {
  /** Sends a message to the worker's owner. */
  postMessage(message: unknown): void;
  /** Hears of the messages from the worker's owner. */
  addEventListener(type: 'message', listener: (event: {data: unknown}) => void): void;
}

export const workerScope = withMethods<WorkerScope>(
  ['postMessage', 'addEventListener'],
  "a worker's own scope: self in a web worker, parentPort in a worker thread of Node",
);

/** A loss that a worker's script gives. */
export function lossOfScript(): GenericSchema<NonNullable<ModelCompileArgs['loss']>> {
  return that(isLoss, "what model.compile takes: a loss's name or function, or several");
}

function isLoss(value: unknown): boolean {
  if (isText(value) || isSynchronous(value)) return true;
  const several = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  return several.length > 0 && several.every(each => isText(each) || isSynchronous(each));
}
