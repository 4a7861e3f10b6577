/** Codes of a stream whose reader has gone away, which is no failure. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'EOF']);

/** Writes lines to a stream. Unlike a plain write, this does not end the process when the reader has closed the pipe. */
export class LineOutput {
  private pending = 0;
  private isBroken = false;

  /** @param fail receives the first error that is more than a reader who has gone away. */
  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly fail: (error: Error) => void,
  ) {}

  write(text: string): void {
    if (this.isBroken) return;
    if (this.pending++ === 0) this.stream.on('error', this.onError);
    this.stream.write(`${text}\n`, error => {
      // After an error the listener stays, since each write that is under way may have one.
      if (!error && --this.pending === 0) this.stream.removeListener('error', this.onError);
    });
  }

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    if (this.isBroken) return;
    this.isBroken = true;
    if (!GONE.has(error.code ?? '')) this.fail(error);
  };
}
