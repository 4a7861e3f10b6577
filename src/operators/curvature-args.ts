import {optional} from 'valibot';
import {abortSignal, finiteNumber, functionOrAsync, that, wholeNumber} from '../arguments/kinds.js';
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
  /**
   * How many bytes the linearizations of a data set's batches may take. Those that fit are kept between products, which then
   * cost a third; the numbers are the same with any limit. Default: a quarter of the free memory; 256 MiB on a GPU, in a browser
   * and with WebAssembly.
   */
  readonly memoryLimit?: number;
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
    memoryLimit: optional(that<number>(isNumberOfBytes, 'a number of bytes: at least 0, or Infinity')),
    signal: optional(abortSignal()),
    onProgress: optional(functionOrAsync<NonNullable<CurvatureArgs['onProgress']>>('a function of {done, batches}')),
  });
}

export type CheckedCurvatureArgs = ReturnType<ReturnType<typeof curvatureArgs>>;

function isNumberOfBytes(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
