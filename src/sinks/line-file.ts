import {closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeFileSync} from 'node:fs';
import {InvalidArgumentError} from '../errors.js';
import {cannotOpen} from './cannot-open.js';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const CHUNK = 64 * 1024;

export interface LineFileArgs {
  /** Whether this is the first line of a file of the kind that is to be continued; `isTorn`: its end may be missing. */
  readonly isOurs: (firstLine: string, isTorn: boolean) => boolean;
  /** What a file of another kind is not. */
  readonly kind: string;
  /** Whether a last line that lacks nothing but its end is complete. */
  readonly isComplete: (lastLine: string) => boolean;
  /** Whether a line break between quotes ends no line. */
  readonly hasQuotes?: boolean;
}

/**
 * A file that grows by whole lines. What is written is on the disk when `append` returns, and a process that dies while it
 * writes leaves a torn last line at most, which the next one that opens the file cuts off.
 */
export class LineFile {
  /** Whether there was no whole line in it. */
  readonly isNew: boolean;
  private readonly descriptor: number;
  private readonly isRegular: boolean;

  /**
   * Opens the file, or makes it.
   *
   * @throws InvalidArgumentError where that is impossible, and for a file of another kind.
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

  /** Adds lines, each with its end. */
  append(lines: string): void {
    const before = this.isRegular ? this.size : 0;
    try {
      // Unlike writeSync, goes on after a part.
      writeFileSync(this.descriptor, lines);
      if (this.isRegular) fdatasyncSync(this.descriptor);
    } catch (error) {
      // A full disk takes a part of a line: what follows must not be glued to it.
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
      `${path} exists and is not ${kind}, so it is left as it is; choose another path, or remove it first.`,
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

  /** Cuts a torn last line off. */
  private mendEnd(): void {
    const {size} = this;
    const from = this.lastLineBegin(size);
    if (from === size) return;
    if (this.args.isComplete(this.read(from, size - from).toString())) this.append('\n');
    else ftruncateSync(this.descriptor, from);
  }

  /** Where what follows the last line end begins. */
  private lastLineBegin(size: number): number {
    if (this.args.hasQuotes) return this.lastUnquotedLineBegin(size);
    for (let end = size; end > 0; end -= CHUNK) {
      const from = Math.max(0, end - CHUNK);
      const found = this.read(from, end - from).lastIndexOf(NEWLINE);
      if (found >= 0) return from + found + 1;
    }
    return 0;
  }

  /** The same, where it takes the whole file to know what is between quotes. */
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

/** Opens a file to read it and add to it; one that can only be written to, such as a pipe, to add to it. */
function openForAppending(path: string): number {
  try {
    return openSync(path, 'a+');
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
