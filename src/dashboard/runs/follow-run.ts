import type {FileHandle} from 'node:fs/promises';
import {open} from 'node:fs/promises';
import {InvalidArgumentError} from '../../errors.js';
import {beginsAsSample} from '../../sinks/sample-line.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {parseSample} from '../../streams/parse-sample.js';

const CHUNK = 1 << 20;

/** What a follower tells. */
export interface FollowListener {
  onSample(sample: HessianSample): void;
  /** The file begins anew. */
  onRestart(): void;
}

/**
 * Reads a run that `ndjson` has written, or is still writing: each `read` goes on where the last one has ended. A line that
 * has no end yet is read again, since it may grow, or be cut off by a process that goes on with the file.
 */
export class RunFollower {
  private position = 0;
  private line = 0;
  private inode: number | null = null;

  constructor(
    readonly path: string,
    private readonly listener: FollowListener,
  ) {}

  /** @throws InvalidArgumentError where there is no such file, and at a line that is no sample. */
  async read(): Promise<void> {
    const file = await this.open();
    try {
      const {size, ino} = await file.stat();
      if (size < this.position || (this.inode !== null && ino !== this.inode)) {
        this.position = 0;
        this.line = 0;
        this.listener.onRestart();
      }
      this.inode = ino;
      await this.readLines(file);
    } finally {
      await file.close();
    }
  }

  private async readLines(file: FileHandle): Promise<void> {
    const parts: Buffer[] = [];
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let at = this.position; ; ) {
      const {bytesRead} = await file.read(chunk, 0, CHUNK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0 && end < bytesRead; end = chunk.indexOf(10, start)) {
        parts.push(Buffer.from(chunk.subarray(start, end)));
        start = end + 1;
        this.take(Buffer.concat(parts.splice(0)));
      }
      parts.push(Buffer.from(chunk.subarray(start, bytesRead)));
    }
    const torn = Buffer.concat(parts).toString();
    if (torn.trim() !== '' && !beginsAsSample(torn)) throw this.notSample('It is not a sample.');
  }

  private take(bytes: Buffer): void {
    this.position += bytes.length + 1;
    this.line++;
    const text = bytes.toString();
    if (text.trim() === '') return;
    let sample: HessianSample;
    try {
      sample = parseSample(text);
    } catch (error) {
      throw this.notSample((error as Error).message, error);
    }
    this.listener.onSample(sample);
  }

  private notSample(why: string, cause?: unknown): InvalidArgumentError {
    return new InvalidArgumentError(`${this.path}, line ${this.line}: ${why}`, {cause});
  }

  private async open(): Promise<FileHandle> {
    try {
      return await open(this.path);
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException;
      const reason = code === 'ENOENT' ? 'there is no such file' : message;
      throw new InvalidArgumentError(
        `${this.path} cannot be read: ${reason}. Name a run that ndjson(path) has written.`,
        {cause: error},
      );
    }
  }
}
