import type {Observable} from 'rxjs';

/**
 * Makes a stream usable in `for await`. A slow loop body skips values but always gets the newest one; nothing is queued.
 *
 * @example
 * for await (const {step, full} of eachValue(curvature.samples$)) console.log(step, full.trace.value);
 */
export async function* eachValue<T>(source: Observable<T>): AsyncGenerator<T, void> {
  let newest: {readonly value: T} | null = null;
  let end: 'open' | 'complete' | {readonly error: unknown} = 'open';
  let wake = () => {};
  const subscription = source.subscribe({
    next(value) {
      newest = {value};
      wake();
    },
    error(error) {
      end = {error};
      wake();
    },
    complete() {
      end = 'complete';
      wake();
    },
  });
  // Functions, since the compiler does not see that the observer changes these.
  const take = () => {
    const taken = newest;
    newest = null;
    return taken;
  };
  const ended = () => end;
  try {
    while (true) {
      const [taken, now] = [take(), ended()];
      if (taken !== null) yield taken.value;
      else if (now === 'complete') return;
      else if (now !== 'open') throw now.error;
      else
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    }
  } finally {
    subscription.unsubscribe();
  }
}
