import {check} from '../arguments/check.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {isNote} from '../streams/parse-record.js';
import {recordsOf} from './run-lines.js';
import {filePath} from './sink.js';

/**
 * Reads the samples of a run that `ndjson` wrote or is still writing. A torn last line is left out, and so are the notes
 * beside the samples, which `readNotes` reads.
 *
 * @throws InvalidArgumentError if there is no such file, and at a line that is not a sample.
 * @example
 * for await (const {step, full} of readSamples('run.ndjson')) console.log(step, full.trace.value);
 */
export function readSamples(path: string): AsyncGenerator<HessianSample, void> {
  check('The path', filePath, path);
  return samplesOf(path);
}

async function* samplesOf(path: string): AsyncGenerator<HessianSample, void> {
  for await (const record of recordsOf(path)) if (!isNote(record)) yield record;
}
