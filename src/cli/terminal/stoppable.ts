/** The signals that end a command, and its exit codes: 128 and the number of the signal, as shells have it. */
export const exitCodes = {SIGINT: 130, SIGTERM: 143} as const;

type Signal = keyof typeof exitCodes;

const signals = Object.keys(exitCodes) as Signal[];

/** Work that waits for a file or a connection gets this time to end, in milliseconds. */
const GRACE = 200;

/** Work was stopped by Ctrl-C or SIGTERM. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/**
 * Runs a command's work, which Ctrl-C (SIGINT) and SIGTERM stop. A second signal ends the process at once.
 *
 * Only for work that lets the event loop turn. Other work needs no handler: without one, a signal ends the process at once.
 *
 * @param work is given a signal that is aborted with `Stopped`.
 */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: Signal) => {
    if (controller.signal.aborted) process.exit(exitCodes[signal]);
    controller.abort(new Stopped(signal));
    setTimeout(() => process.exit(exitCodes[signal]), GRACE).unref();
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    // The work may fail in another way because of it.
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/**
 * Runs work that ends in its own time after Ctrl-C or SIGTERM. A second signal ends the process at once, or aborts `hurry`; a third
 * ends it then.
 *
 * @param work is given a signal that is aborted with `Stopped`.
 */
export async function untilSignal(
  work: (signal: AbortSignal) => Promise<void>,
  hurry: AbortController | null = null,
): Promise<void> {
  const controller = new AbortController();
  const stop = (signal: Signal) => {
    if (!controller.signal.aborted) controller.abort(new Stopped(signal));
    else if (hurry !== null && !hurry.signal.aborted) hurry.abort(new Stopped(signal));
    else process.exit(exitCodes[signal]);
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    await work(controller.signal);
    controller.signal.throwIfAborted();
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** Calls a function at the first signal. If nothing else handles that signal, the process ends. */
export function onStop(act: () => void): () => void {
  const stop = (signal: Signal) => {
    undo();
    act();
    if (process.listenerCount(signal) === 0) process.exit(exitCodes[signal]);
  };
  const undo = () => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return undo;
}
