import type {HessianSample} from '../streams/hessian-sample.js';
import {parseSample} from '../streams/parse-sample.js';

/** The starts of the lines of a run. */
const STARTS = ['{"schema":2,"run":"', '{"schema":1,"run":"'];

/** A sample as a line, without a line break. */
export function sampleLine(sample: HessianSample): string {
  // `schema` and `run` first: a torn line is recognized by its start.
  const {schema, run, ...rest} = sample;
  return JSON.stringify({schema, run, ...rest});
}

/** Whether a line is a whole sample. */
export function isSampleLine(line: string): boolean {
  try {
    parseSample(line);
    return true;
  } catch {
    return false;
  }
}

/** Whether a line whose end may be missing can be the start of a sample. */
export function beginsAsSample(line: string): boolean {
  return STARTS.some(start => line.startsWith(start) || start.startsWith(line));
}
