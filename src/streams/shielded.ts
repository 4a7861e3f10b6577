import type {Observer, Operator, Subscription} from 'rxjs';
import {Observable, Subscriber} from 'rxjs';
import {notesOf, onNote, takesNotes} from './notes-channel.js';

/**
 * A stream whose subscribers cannot disturb the code that emits.
 *
 * RxJS throws the error of a subscriber, or an error without a handler, from a timer. In Node this ends the process, and
 * with it the training. This class reports the error instead. Operators that are piped on keep this shield.
 */
export class ShieldedObservable<T> extends Observable<T> {
  constructor(
    source: Observable<T> | null,
    private readonly report: (error: Error) => void,
  ) {
    super();
    if (source !== null) this.source = source;
  }

  /** @internal */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new ShieldedObservable<R>(null, this.report);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // The subscriber of an operator passes errors on; only the last one in the chain is user code.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'function' || !observerOrNext
        ? {
            ...(observerOrNext && {next: observerOrNext}),
            ...(error && {error}),
            ...(complete && {complete}),
          }
        : observerOrNext;
    const report = (thrown: unknown) => this.report(toError(thrown));
    const guard = (call: () => unknown) => {
      try {
        const result = call();
        // The error of an async function is in its promise, which nobody else handles.
        if (result instanceof Promise) result.catch(report);
      } catch (thrown) {
        report(thrown);
      }
    };
    const notes$ = takesNotes(observer) ? notesOf(this) : null;
    // Before the samples, since a late subscriber receives the newest sample at once.
    const notes = notes$?.subscribe(note => guard(() => takesNotes(observer) && observer[onNote](note)));
    const subscription = super.subscribe({
      next: value => guard(() => observer.next?.(value)),
      error: thrown => guard(() => (observer.error ? observer.error(thrown) : report(thrown))),
      complete: () => guard(() => observer.complete?.()),
    });
    subscription.add(notes);
    return subscription;
  }
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
