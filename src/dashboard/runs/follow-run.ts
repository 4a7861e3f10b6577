import {linesOf, openRun, recordAt} from '../../sinks/run-lines.js';
import {beginsAsRecord} from '../../sinks/sample-line.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {isNote} from '../../streams/parse-record.js';
import type {TrainingNote} from '../../streams/training-note.js';

/** Receives what a follower reads. */
export interface FollowListener {
  onSample(sample: HessianSample): void;
  onNote(note: TrainingNote): void;
  /** The file was replaced or cut: all samples follow again. */
  onRestart(): void;
}

/**
 * Reads a run that `ndjson` wrote or is still writing. Each `read` continues where the last one ended.
 *
 * A line without an end is read again: it may grow, or a process that continues the file may cut it off.
 */
export class RunFollower {
  private position = 0;
  private line = 0;
  private inode: number | null = null;

  constructor(
    readonly path: string,
    private readonly listener: FollowListener,
  ) {}

  /** @throws InvalidArgumentError if there is no such file, and at a line that is not a sample. */
  async read(): Promise<void> {
    const {path, listener} = this;
    const file = await openRun(path);
    try {
      const {size, ino} = await file.stat();
      if (size < this.position || (this.inode !== null && ino !== this.inode)) {
        this.position = 0;
        this.line = 0;
        listener.onRestart();
      }
      this.inode = ino;
      for await (const line of linesOf(file, path, this.position)) {
        const isBlank = line.text.trim() === '';
        if (line.end === null) {
          if (!isBlank && !beginsAsRecord(line.text)) recordAt(path, this.line + 1, line);
          return;
        }
        // Also if the line is refused: it is not read again.
        this.position = line.end;
        this.line++;
        const record = isBlank ? null : recordAt(path, this.line, line);
        if (record === null) continue;
        if (isNote(record)) listener.onNote(record);
        else listener.onSample(record);
      }
    } finally {
      await file.close();
    }
  }
}
