import type {Observable} from 'rxjs';
import type {HessianSample} from './hessian-sample.js';

/** What a callback knows of a run besides its samples, while it goes on. */
export interface LiveRun {
  /** Completes when the `fit` ends. */
  readonly ended$: Observable<never>;
  /** The number of samples that have failed so far. */
  readonly failures: number;
}

const runs = new WeakMap<HessianSample, LiveRun>();

/** Tells the run of a sample to those that receive the sample. */
export function setLiveRun(sample: HessianSample, run: LiveRun): void {
  runs.set(sample, run);
}

/** The run of a sample that comes from a callback; `undefined` for one that was read from a file or copied. */
export function liveRunOf(sample: HessianSample): LiveRun | undefined {
  return runs.get(sample);
}
