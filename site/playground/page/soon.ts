/**
 * Calls a function before one of the next frames, once for all requests until then. Between two calls the page has time for other things.
 *
 * @param least the least time between two calls, in milliseconds; longer if a call, and the frame that shows what it changed, take long. A page that is not visible
 *   has no frames.
 */
export function soon(call: () => void, least: number): () => void {
  /** From a request until the page shows what the call has changed. */
  let isBusy = false;
  /** Whether there was a request since the call began. */
  let isAsked = false;
  let ready = 0;
  const ask = () => {
    isAsked = true;
    if (isBusy) return;
    isBusy = true;
    setTimeout(() => requestAnimationFrame(run), Math.max(0, ready - performance.now()));
  };
  const run = () => {
    const began = performance.now();
    isAsked = false;
    call();
    // The next task comes after the frame.
    setTimeout(() => {
      const ended = performance.now();
      ready = ended + Math.max(least, 3 * (ended - began));
      isBusy = false;
      if (isAsked) ask();
    });
  };
  return ask;
}
