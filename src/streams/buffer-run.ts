import type {ObservableInput, ObservableNotification, OperatorFunction} from 'rxjs';
import {materialize, mergeMap, scan, throwError} from 'rxjs';

/**
 * All samples, or points, of a run as one list: when the next run begins with its first one, or the stream completes.
 *
 * It keeps one run, and no other. (The moment at which a fit ends is known to `runs$`:
 * `runs$.pipe(mergeMap(run => run.pipe(toArray())))`.)
 *
 * @example
 * curvature.samples$.pipe(bufferRun()).subscribe(samples => console.log(samples[0]?.run, samples.length));
 */
export function bufferRun<T extends {readonly run: string}>(): OperatorFunction<T, T[]> {
  // The end of the stream is an event like any other here; operators that know it by themselves would lose the shield.
  return source =>
    source.pipe(
      materialize(),
      scan<ObservableNotification<T>, RunBuffer<T> | null>(
        (before, event) => (before ?? new RunBuffer()).take(event),
        null,
      ),
      mergeMap(buffer => buffer!.results),
    );
}

class RunBuffer<T extends {readonly run: string}> {
  /** What the newest event has brought. */
  results: ObservableInput<T[]> = [];
  private values: T[] = [];

  take(event: ObservableNotification<T>): this {
    if (event.kind === 'E') {
      this.results = throwError(() => event.error);
      return this;
    }
    const ends = event.kind === 'C' || event.value.run !== this.values[0]?.run;
    this.results = ends && this.values.length > 0 ? [this.values] : [];
    if (ends) this.values = [];
    if (event.kind === 'N') this.values.push(event.value);
    return this;
  }
}
