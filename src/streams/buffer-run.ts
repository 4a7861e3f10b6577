import type {ObservableInput, ObservableNotification, OperatorFunction} from 'rxjs';
import {materialize, mergeMap, scan, throwError} from 'rxjs';

/**
 * Collects the samples, or points, of a run into one list, which is emitted when the next run begins or the stream
 * completes.
 *
 * Only one run is kept. To have the list at the end of a fit, use `runs$`: `runs$.pipe(mergeMap(run =>
 * run.pipe(toArray())))`.
 *
 * @example
 * curvature.samples$.pipe(bufferRun()).subscribe(samples => console.log(samples[0]?.run, samples.length));
 */
export function bufferRun<T extends {readonly run: string}>(): OperatorFunction<T, T[]> {
  // The end of the stream is an ordinary event here: RxJS operators that handle it themselves would lose the shield.
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
  /** The results of the newest event. */
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
