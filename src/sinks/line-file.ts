import {closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeFileSync} from 'node:fs';
import {InvalidArgumentError} from '../errors.js';
import {cannotOpen} from './cannot-open.js';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const CHUNK = 64 * 1024;

export interface LineFileArgs {
  /** Whether the first line shows that the file may be continued. If `isTorn`, the end of the line may be missing. */
  readonly isOurs: (firstLine: string, isTorn: boolean) => boolean;
  /** What the file should be, for the error message: "… exists and is not …". */
  readonly kind: string;
  /** Whether a last line without a line break is complete. */
  readonly isComplete: (lastLine: string) => boolean;
  /** Whether a line break between quotes belongs to the line. */
  readonly hasQuotes?: boolean;
}

/**
 * A file to which whole lines are added.
 *
 * A line is on the disk when `append` returns. If the process dies while it writes, at most the last line is torn; the next
 * process that opens the file cuts it off.
 */
export class LineFile {
  /** Whether the file had no whole line. */
  readonly isNew: boolean;
  private readonly descriptor: number;
  private readonly isRegular: boolean;

  /**
   * Opens or creates the file.
   *
   * @throws InvalidArgumentError if that is impossible, or for a file of another kind.
   */
  constructor(
    path: string,
    private readonly args: LineFileArgs,
  ) {
    this.descriptor = openForAppending(path);
    try {
      this.isRegular = fstatSync(this.descriptor).isFile();
      if (this.isRegular && this.size > 0) {
        this.assertOurs(path);
        this.mendEnd();
      }
      this.isNew = !this.isRegular || this.size === 0;
    } catch (error) {
      closeSync(this.descriptor);
      throw error instanceof InvalidArgumentError ? error : cannotOpen(path, error);
    }
  }

  /** Adds lines, each with its line break. */
  append(lines: string): void {
    const before = this.isRegular ? this.size : 0;
    try {
      // Unlike writeSync, continues after a partial write.
      writeFileSync(this.descriptor, lines);
      if (this.isRegular) fdatasyncSync(this.descriptor);
    } catch (error) {
      // A full disk may take part of a line: the next one must not be added to it.
      if (this.isRegular) ftruncateSync(this.descriptor, before);
      throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private get size(): number {
    return fstatSync(this.descriptor).size;
  }

  private assertOurs(path: string): void {
    const {isOurs, kind} = this.args;
    if (isOurs(...this.firstLine())) return;
    throw new InvalidArgumentError(
      `${path} exists and is not ${kind}, so it was not changed; choose another path, or remove it first.`,
    );
  }

  private firstLine(): [line: string, isTorn: boolean] {
    const parts: Buffer[] = [];
    for (let position = 0; position < this.size; position += CHUNK) {
      const part = this.read(position, CHUNK);
      const end = part.indexOf(NEWLINE);
      parts.push(end < 0 ? part : part.subarray(0, end));
      if (end >= 0) return [Buffer.concat(parts).toString(), false];
    }
    return [Buffer.concat(parts).toString(), true];
  }

  /** Cuts off a torn last line. */
  private mendEnd(): void {
    const {size} = this;
    const from = this.lastLineBegin(size);
    if (from === size) return;
    if (this.args.isComplete(this.read(from, size - from).toString())) this.append('\n');
    else ftruncateSync(this.descriptor, from);
  }

  /** The position after the last line break. */
  private lastLineBegin(size: number): number {
    if (this.args.hasQuotes) return this.lastUnquotedLineBegin(size);
    for (let end = size; end > 0; end -= CHUNK) {
      const from = Math.max(0, end - CHUNK);
      const found = this.read(from, end - from).lastIndexOf(NEWLINE);
      if (found >= 0) return from + found + 1;
    }
    return 0;
  }

  /** The same for quoted fields: only the whole file shows what is between quotes. */
  private lastUnquotedLineBegin(size: number): number {
    let begin = 0;
    let isQuoted = false;
    for (let from = 0; from < size; from += CHUNK) {
      this.read(from, Math.min(CHUNK, size - from)).forEach((byte, i) => {
        if (byte === QUOTE) isQuoted = !isQuoted;
        else if (byte === NEWLINE && !isQuoted) begin = from + i + 1;
      });
    }
    return begin;
  }

  private read(position: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(this.descriptor, buffer, 0, length, position));
  }
}

/** Opens a file for reading and appending; a pipe, which cannot be read, for appending. */
function openForAppending(path: string): number {
  try {
    return openSync(path, 'a+');
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
