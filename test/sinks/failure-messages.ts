import {Subject} from 'rxjs';
import type {SampleFailure} from '../../src/streams/hessian-sample.js';

/** A `failures$` for a sink, and the messages that it receives. */
export function failureMessages() {
  const failures$ = new Subject<SampleFailure>();
  const messages: string[] = [];
  failures$.subscribe(({error}) => messages.push(error.message));
  return {failures$, messages};
}
