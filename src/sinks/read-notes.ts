import {check} from '../arguments/check.js';
import {isNote} from '../streams/parse-record.js';
import type {TrainingNote} from '../streams/training-note.js';
import {recordsOf} from './run-lines.js';
import {filePath} from './sink.js';

/**
 * Reads what the record of a run has beside its samples: the samples that failed, the logs of `fit`, and the penalties.
 *
 * Files of earlier versions have no notes. A torn last line is left out.
 *
 * @throws InvalidArgumentError if there is no such file, and at a line that is neither a note nor a sample.
 * @example
 * for await (const note of readNotes('run.ndjson')) if (note.kind === 'failure') console.log(note.step, note.message);
 */
export function readNotes(path: string): AsyncGenerator<TrainingNote, void> {
  check('The path', filePath, path);
  return notesOf(path);
}

async function* notesOf(path: string): AsyncGenerator<TrainingNote, void> {
  for await (const record of recordsOf(path)) if (isNote(record)) yield record;
}
