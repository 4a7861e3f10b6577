import {optional} from 'valibot';
import {abortSignal, finiteNumber, functionOrAsync, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';

/** How far a pass over a data set has come. */
export interface DatasetProgress {
  /** Batches that are done in this pass. */
  readonly done: number;
  readonly batches: number;
}

/** Options of every curvature of a model's loss. */
export interface CurvatureArgs {
  /** Seeds what dropout and noise layers draw; default 0. Training's own random numbers are not affected. */
  readonly seed?: number;
  /** How many batches of a data set are used; default all. */
  readonly batches?: number;
  /** Aborts the reading of a data set and products with its operator, which then throw the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each batch of each pass over a data set. */
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** Checks the options of a curvature. Messages name `owner`. */
export function curvatureArgs(owner: string) {
  return optionsOf<CurvatureArgs>(owner)({
    seed: optional(finiteNumber(), 0),
    batches: optional(wholeNumber()),
    signal: optional(abortSignal()),
    onProgress: optional(functionOrAsync<NonNullable<CurvatureArgs['onProgress']>>('a function of {done, batches}')),
  });
}

export type CheckedCurvatureArgs = ReturnType<ReturnType<typeof curvatureArgs>>;
