/** Long work holds up timers, sockets and drawing for about so many milliseconds and one product. */
const TURN = 50;

/** When other code had its last turn. There is one event loop in a thread. */
let last = Number.NEGATIVE_INFINITY;

/** Gives timers, sockets and drawing a turn if their last one is 50 ms ago. */
export async function turnIfDue(): Promise<void> {
  if (performance.now() - last < TURN) return;
  await turn();
  last = performance.now();
}

/** Resolves after one turn of the event loop. Hidden pages do not delay it, as they do timers and animation frames. */
export function turn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise(resolve => setImmediate(resolve));
  return new Promise(resolve => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
