/** The least time between two calls, in milliseconds; longer if a call takes long. */
const PAUSE = 40;

/** Calls a function soon, once for all calls until then, and leaves the page time for other things in between. */
export function soon(call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let pause = 0;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      const began = performance.now();
      call();
      pause = Math.max(PAUSE, 3 * (performance.now() - began));
    }, pause);
  };
}
