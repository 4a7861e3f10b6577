import {check} from '../arguments/check.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {linesOf, openRun, sampleAt} from './run-lines.js';
import {beginsAsSample} from './sample-line.js';
import {filePath} from './sink.js';

/**
 * Reads the samples of a run that `ndjson` wrote or is still writing. A torn last line is left out.
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
  const file = await openRun(path);
  try {
    let number = 0;
    for await (const line of linesOf(file, path)) {
      number++;
      if (line.text.trim() === '') continue;
      let sample: HessianSample;
      try {
        sample = sampleAt(path, number, line);
      } catch (error) {
        if (line.end === null && beginsAsSample(line.text)) return;
        throw error;
      }
      yield sample;
    }
  } finally {
    await file.close();
  }
}
