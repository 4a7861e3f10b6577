import {rmSync} from 'node:fs';
import type {HessianSample} from '../streams/hessian-sample.js';
import {isNote, parseRecord} from '../streams/parse-record.js';
import {assertSample} from '../streams/parse-sample.js';
import type {TrainingNote} from '../streams/training-note.js';
import {LineFile} from './line-file.js';
import {beginsAsRecord, isRecordLine, recordLine} from './sample-line.js';
import type {Fail, SampleWriter} from './sink.js';
import {newFile} from './sink.js';

/** With so many notes or after so many milliseconds, notes that wait are written. */
const MOST_WAITING = 64;
const LONGEST_WAIT = 500;

/** A file with a sample, or a note beside the samples, on each line. */
export class RunFile implements SampleWriter {
  private readonly file: LineFile;
  /** The lines of notes that are not written yet: there may be one for each step. */
  private waiting: string[] = [];
  private lastWrite = Number.NEGATIVE_INFINITY;

  /** @throws InvalidArgumentError if the file cannot be opened, is not a run, or has another writer. */
  constructor(
    readonly path: string,
    fail: Fail,
  ) {
    this.file = new LineFile(path, {
      kind: 'a run, which has a sample on each line',
      isOurs: (line, isTorn) => isRecordLine(line) || (isTorn && beginsAsRecord(line)),
      isComplete: isRecordLine,
      onGone: () => fail(...newFile),
    });
  }

  write(sample: HessianSample): void {
    // Otherwise readSamples would refuse the file.
    assertSample(sample);
    this.append([...this.waiting, recordLine(sample)], true);
  }

  /** Adds a note. Unlike a sample, the newest ones may be lost in a crash. */
  note(note: TrainingNote): void {
    this.waiting.push(recordLine(note));
    const isLate = performance.now() - this.lastWrite >= LONGEST_WAIT;
    if (note.kind !== 'penalty' || isLate || this.waiting.length >= MOST_WAITING) this.append(this.waiting, false);
  }

  private append(lines: readonly string[], toDisk: boolean): void {
    // Also if that fails: a full disk must not fill the memory.
    this.waiting = [];
    this.lastWrite = performance.now();
    this.file.append(lines.map(line => `${line}\n`).join(''), toDisk);
  }

  /** The samples that were written, also by earlier writers. */
  *samples(): Generator<HessianSample, void> {
    for (const line of this.file.lines()) {
      const record = parseRecord(line);
      if (record !== null && !isNote(record)) yield record;
    }
  }

  close(): void {
    try {
      if (this.waiting.length > 0) this.append(this.waiting, false);
    } finally {
      this.file.close();
    }
  }

  remove(): void {
    this.close();
    rmSync(this.path, {force: true});
  }
}
