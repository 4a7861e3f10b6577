import type {FileHandle} from 'node:fs/promises';
import {open} from 'node:fs/promises';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {parseRecord} from '../streams/parse-record.js';
import type {TrainingNote} from '../streams/training-note.js';
import {otherFormat} from './other-format.js';
import {beginsAsRecord} from './sample-line.js';

const NEWLINE = 0x0a;
const CHUNK = 1 << 20;

/** A line of a file, without its line break. */
export interface Line {
  readonly text: string;
  /** The byte after its line break; `null` for a last line without one, which its writer may not have finished. */
  readonly end: number | null;
}

/**
 * Opens the file of a run for reading.
 *
 * @throws InvalidArgumentError if that is impossible.
 */
export async function openRun(path: string): Promise<FileHandle> {
  try {
    const file = await open(path);
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
  } catch (error) {
    throw cannotRead(path, error);
  }
  throw cannotRead(path, Object.assign(new Error('it is a folder'), {code: 'EISDIR'}));
}

/**
 * The lines of a file from a byte on.
 *
 * @throws InvalidArgumentError if the file cannot be read.
 */
export async function* linesOf(file: FileHandle, path: string, from = 0): AsyncGenerator<Line, void> {
  const chunk = Buffer.allocUnsafe(CHUNK);
  let parts: Buffer[] = [];
  for (let position = from; ; ) {
    const {bytesRead} = await file.read(chunk, 0, CHUNK, position).catch(error => {
      throw cannotRead(path, error);
    });
    if (bytesRead === 0) break;
    const read = chunk.subarray(0, bytesRead);
    let start = 0;
    for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE, start)) {
      parts.push(read.subarray(start, end));
      start = end + 1;
      yield {text: Buffer.concat(parts).toString(), end: position + start};
      parts = [];
    }
    // The next read overwrites the chunk.
    parts.push(Buffer.from(read.subarray(start)));
    position += bytesRead;
  }
  const text = Buffer.concat(parts).toString();
  if (text !== '') yield {text, end: null};
}

/**
 * The sample or the note on a line; `null` for a note of a kind that a later version writes.
 *
 * @throws InvalidArgumentError with the place of the line, or with what the file looks like, if it is neither.
 */
export function recordAt(path: string, lineNumber: number, {text}: Line): HessianSample | TrainingNote | null {
  try {
    return parseRecord(text);
  } catch (error) {
    const format = lineNumber === 1 ? otherFormat(text) : null;
    const message =
      format === null
        ? `${path}, line ${lineNumber}: ${(error as Error).message}`
        : `${path} ${format}, and a run has a sample in JSON on each line. Name the file that ndjson(path) has written, such as run.ndjson.`;
    throw new InvalidArgumentError(message, {cause: error});
  }
}

function cannotRead(path: string, error: unknown): InvalidArgumentError {
  const {code, message} = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? 'there is no such file' : message;
  return new InvalidArgumentError(`${path} cannot be read: ${reason}. Name a run that ndjson(path) has written.`, {
    cause: error,
  });
}

/** Whether a run could not be opened or read, which may pass; otherwise its content is wrong. */
export function isUnreadable(error: unknown): boolean {
  const {cause} = error as Error;
  return error instanceof InvalidArgumentError && (cause as NodeJS.ErrnoException | undefined)?.code !== undefined;
}

/** Every sample and note of a run. A torn last line is left out. */
export async function* recordsOf(path: string): AsyncGenerator<HessianSample | TrainingNote, void> {
  const file = await openRun(path);
  try {
    let number = 0;
    for await (const line of linesOf(file, path)) {
      number++;
      if (line.text.trim() === '') continue;
      let record: HessianSample | TrainingNote | null;
      try {
        record = recordAt(path, number, line);
      } catch (error) {
        if (line.end === null && beginsAsRecord(line.text)) return;
        throw error;
      }
      if (record !== null) yield record;
    }
  } finally {
    await file.close();
  }
}
