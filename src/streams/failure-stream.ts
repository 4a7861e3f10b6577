import type {Observable} from 'rxjs';
import type {SampleFailure} from './hessian-sample.js';
import {ShieldedObservable} from './shielded.js';

/** A stream of failures to which other code, such as a sink, adds its own. */
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
