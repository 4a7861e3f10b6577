import type {HessianSample} from '../streams/hessian-sample.js';
import {parseSample} from '../streams/parse-sample.js';

/** What each line of a run begins with. */
const START = '{"schema":1,"run":"';

/** A sample as a line, without its end. */
export function sampleLine(sample: HessianSample): string {
  // A torn line is known by its start.
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

/** Whether a line, of which the end may be missing, may have been a sample. */
export function beginsAsSample(line: string): boolean {
  return line.startsWith(START) || START.startsWith(line);
}
