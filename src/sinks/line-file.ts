import {closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeFileSync} from 'node:fs';
import {InvalidArgumentError} from '../errors.js';
import {cannotOpen} from './cannot-open.js';
import {isAt} from './is-at.js';
import {lockForWriting} from './writer-lock.js';

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
  /** Is called after the file was removed or replaced by somebody else, and a new one was opened. */
  readonly onGone: () => void;
}

/**
 * A file to which whole lines are added.
 *
 * A line is on the disk when `append` returns. If the process dies while it writes, at most the last line is torn; the next
 * process that opens the file cuts it off.
 */
export class LineFile {
  private file: OpenFile;
  private readonly unlock: () => void;

  /**
   * Opens or creates the file. No other sink may write it until it is closed.
   *
   * @throws InvalidArgumentError if that is impossible, or for a file of another kind.
   */
  constructor(
    private readonly path: string,
    private readonly args: LineFileArgs,
  ) {
    this.file = openForAppending(path);
    let unlock = () => {};
    try {
      if (this.file.isRegular) unlock = lockForWriting(path);
      this.begin();
    } catch (error) {
      closeSync(this.file.descriptor);
      unlock();
      throw error;
    }
    this.unlock = unlock;
  }

  /** The first line of the file that has the path now; `null` if there is none yet. */
  get firstLine(): string | null {
    this.follow();
    return this.file.firstLine;
  }

  /**
   * Adds lines, each with its line break.
   *
   * @param toDisk whether they are on the disk when this returns; otherwise the system writes them soon.
   */
  append(lines: string, toDisk = true): void {
    this.follow();
    this.write(lines, toDisk);
    this.file.firstLine ??= lines.slice(0, lines.indexOf('\n'));
  }

  /** Every line, without its line break. */
  *lines(): Generator<string, void> {
    let parts: Buffer[] = [];
    for (let position = 0; position < this.size; position += CHUNK) {
      let part = this.read(position, CHUNK);
      for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE)) {
        yield Buffer.concat([...parts, part.subarray(0, end)]).toString();
        parts = [];
        part = part.subarray(end + 1);
      }
      parts.push(part);
    }
  }

  close(): void {
    closeSync(this.file.descriptor);
    this.unlock();
  }

  /** Opens the path anew if its file was removed or replaced. */
  private follow(): void {
    const before = this.file;
    if (!before.isRegular || isAt(before.descriptor, this.path)) return;
    this.file = openForAppending(this.path);
    try {
      this.begin();
    } catch (error) {
      closeSync(this.file.descriptor);
      this.file = before;
      throw error;
    }
    closeSync(before.descriptor);
    this.args.onGone();
  }

  /** Makes sure that lines may be added. */
  private begin(): void {
    if (!this.file.isRegular || this.size === 0) return;
    try {
      const [firstLine, isTorn] = this.readFirstLine();
      this.assertOurs(firstLine, isTorn);
      this.mendEnd();
      if (this.size > 0) this.file.firstLine = firstLine;
    } catch (error) {
      throw error instanceof InvalidArgumentError ? error : cannotOpen(this.path, error);
    }
  }

  private write(lines: string, toDisk = true): void {
    const {descriptor, isRegular} = this.file;
    const before = isRegular ? this.size : 0;
    try {
      // Unlike writeSync, continues after a partial write.
      writeFileSync(descriptor, lines);
      if (isRegular && toDisk) fdatasyncSync(descriptor);
    } catch (error) {
      // A full disk may take part of a line: the next one must not be added to it.
      if (isRegular) ftruncateSync(descriptor, before);
      throw error;
    }
  }

  private get size(): number {
    return fstatSync(this.file.descriptor).size;
  }

  private assertOurs(firstLine: string, isTorn: boolean): void {
    const {isOurs, kind} = this.args;
    if (isOurs(firstLine, isTorn)) return;
    throw new InvalidArgumentError(
      `${this.path} exists and is not ${kind}, so it was not changed; choose another path, or remove it first.`,
    );
  }

  private readFirstLine(): [line: string, isTorn: boolean] {
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
    if (this.args.isComplete(this.read(from, size - from).toString())) this.write('\n');
    else ftruncateSync(this.file.descriptor, from);
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
    return buffer.subarray(0, readSync(this.file.descriptor, buffer, 0, length, position));
  }
}

interface OpenFile {
  readonly descriptor: number;
  /** Not for a pipe or a device. */
  readonly isRegular: boolean;
  /** `null` if the file has no whole line yet. */
  firstLine: string | null;
}

function openForAppending(path: string): OpenFile {
  try {
    const descriptor = openSync(path, 'a+');
    return {descriptor, isRegular: fstatSync(descriptor).isFile(), firstLine: null};
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
