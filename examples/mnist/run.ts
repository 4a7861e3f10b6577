import type {HessianSample} from 'tfjs-hessian';

/** One training of the demo, with its results. */
export interface Run {
  readonly name: string;
  /** The layers whose traces were penalized. */
  readonly penalized: readonly string[];
  readonly samples: readonly HessianSample[];
  /** Accuracy on the test images, 0 to 1. */
  readonly accuracy: number;
  /** Seconds in `fit`. */
  readonly seconds: number;
  /** The file of the samples, for `npx tfjs-hessian advise` and `watch`. */
  readonly file: string;
}
