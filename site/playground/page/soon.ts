/**
 * Calls a function before one of the next frames, once for all requests until then. Between two calls the page has time for other things.
 *
 * @param least the least time between two calls, in milliseconds; longer if a call takes long. A page that is not visible has no frames.
 */
export function soon(call: () => void, least: number): () => void {
  let isWaiting = false;
  let ready = 0;
  const run = () => {
    isWaiting = false;
    const began = performance.now();
    call();
    const ended = performance.now();
    ready = ended + Math.max(least, 3 * (ended - began));
  };
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => requestAnimationFrame(run), Math.max(0, ready - performance.now()));
  };
}
