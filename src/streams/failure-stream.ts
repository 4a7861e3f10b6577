import type {Observable} from 'rxjs';
import type {SampleFailure} from './hessian-sample.js';
import {ShieldedObservable} from './shielded.js';

/** Failures as a stream that others add theirs to, such as a sink that cannot write. */
export class FailureStream extends ShieldedObservable<SampleFailure> {
  constructor(
    source: Observable<SampleFailure>,
    report: (error: Error) => void,
    private readonly tell: (failure: SampleFailure) => void,
  ) {
    super(source, report);
  }

  /** Adds a failure. */
  next(failure: SampleFailure): void {
    this.tell(failure);
  }
}
