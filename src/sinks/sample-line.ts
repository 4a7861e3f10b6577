import type {HessianSample} from '../streams/hessian-sample.js';
import {parseRecord} from '../streams/parse-record.js';
import type {TrainingNote} from '../streams/training-note.js';

/** The starts of the lines of a run. */
const STARTS = ['{"schema":2,"run":"', '{"schema":1,"run":"'];

/** A sample, or a note beside the samples, as a line without a line break. */
export function recordLine(record: HessianSample | TrainingNote): string {
  // `schema` and `run` first: a torn line is recognized by its start.
  const {schema, run, ...rest} = record;
  return JSON.stringify({schema, run, ...rest});
}

/** Whether a line is a whole sample or note. */
export function isRecordLine(line: string): boolean {
  try {
    parseRecord(line);
    return true;
  } catch {
    return false;
  }
}

/** Whether a line whose end may be missing can be the start of a sample or note. */
export function beginsAsRecord(line: string): boolean {
  return STARTS.some(start => line.startsWith(start) || start.startsWith(line));
}
