/** The time to wait for a thread that makes no progress, in milliseconds. */
const PATIENCE = 2000;

/** Counts the messages to a thread that it has not handled yet. The count is right also while the sender is blocked. */
export class Backlog {
  /** One int32, the number of handled messages. The thread adds to it and notifies. */
  readonly handled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  private readonly counter = new Int32Array(this.handled);
  private sent = 0;
  private stuckAt: number | null = null;

  constructor(private readonly patience = PATIENCE) {}

  get size(): number {
    return (this.sent - Atomics.load(this.counter, 0)) | 0;
  }

  add(): void {
    this.sent++;
  }

  /**
   * Blocks until at most `most` messages wait.
   *
   * @returns whether that has been reached. A thread that made no progress is not waited for again until it makes some.
   */
  shrinkTo(most: number): boolean {
    while (this.size > most) {
      const handled = Atomics.load(this.counter, 0);
      if (handled === this.stuckAt) return false;
      if (Atomics.wait(this.counter, 0, handled, this.patience) === 'timed-out') {
        this.stuckAt = handled;
        return false;
      }
    }
    return true;
  }
}

/** The side of the thread: says that a message is handled. */
export function countHandled(handled: SharedArrayBuffer): void {
  const counter = new Int32Array(handled);
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
}
