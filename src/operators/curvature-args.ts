import {optional} from 'valibot';
import {finiteNumber, that, wholeNumber, withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWorkEntries, type Progress} from '../long-work.js';
import type {ProductPlacement} from './shards/product-workers.js';

/** Options of every curvature of a model's loss. */
export interface CurvatureArgs extends LongWorkArgs {
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
  /**
   * Where the products of a data set are computed: `threads(n)` of `tfjs-hessian/cluster` divides the batches among threads, which share
   * `memoryLimit`, and `cluster()` among workers on any machines, each of which has this limit. The bits are those of the operator without
   * it, for any number of workers. Default: in this thread.
   */
  readonly on?: ProductPlacement;
  /**
   * Stops the making of the operator, and later all products with the operator of a data set: they throw the signal's reason.
   * Default: none.
   */
  readonly signal?: AbortSignal;
  /** Called while the operator is made; a unit is a batch. Products report to the function that takes them. Default: none. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Checks the options of a curvature. Messages name `owner`. */
export function curvatureArgs(owner: string) {
  return optionsOf<CurvatureArgs>(owner)({
    seed: optional(finiteNumber(), 0),
    batches: optional(wholeNumber()),
    memoryLimit: optional(that<number>(isNumberOfBytes, 'a number of bytes: at least 0, or Infinity')),
    on: optional(
      withMethods<ProductPlacement>(
        ['open'],
        "where products are computed, such as threads(2) or cluster() of 'tfjs-hessian/cluster'",
      ),
    ),
    ...longWorkEntries,
  });
}

export type CheckedCurvatureArgs = ReturnType<ReturnType<typeof curvatureArgs>>;

function isNumberOfBytes(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
