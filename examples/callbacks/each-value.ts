import type {Observable} from 'rxjs';

/**
 * A stream for `for await`. A loop body that takes its time misses values, not the newest one: nothing piles up.
 *
 * @example
 * for await (const {step, full} of eachValue(curvature.samples$)) console.log(step, full.trace.value);
 */
export async function* eachValue<T>(source: Observable<T>): AsyncGenerator<T, void> {
  let newest: {value: T} | null = null;
  let end: {error?: unknown} | null = null;
  let wake = () => {};
  const subscription = source.subscribe({
    next: value => {
      newest = {value};
      wake();
    },
    error: error => {
      end = {error};
      wake();
    },
    complete: () => {
      end = {};
      wake();
    },
  });
  const take = () => {
    const taken = newest;
    newest = null;
    return taken;
  };
  try {
    while (true) {
      const taken = take();
      if (taken !== null) yield taken.value;
      else if (end !== null) break;
      else await new Promise<void>(resolve => (wake = resolve));
    }
    if ('error' in end) throw end.error;
  } finally {
    subscription.unsubscribe();
  }
}
