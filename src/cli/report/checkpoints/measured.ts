import type {Checkpoint} from '../../../report/checkpoints/checkpoint.js';

/** What was measured until the work ended. */
export interface Measured {
  readonly checkpoints: readonly Checkpoint[];
  /** The number of batches; 0 if no checkpoint has spectra. */
  readonly batches: number;
  /** What ended the work before all were measured, besides a signal. */
  readonly failure?: unknown;
}
