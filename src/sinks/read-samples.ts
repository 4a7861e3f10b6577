import {createReadStream} from 'node:fs';
import {check} from '../arguments/check.js';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {parseSample} from '../streams/parse-sample.js';
import {beginsAsSample} from './sample-line.js';
import {filePath} from './sink.js';

/**
 * The samples of a run that `ndjson` has written, or is still writing, one after the other. A torn last line is left out.
 *
 * @throws InvalidArgumentError where there is no such file, and at a line that is no sample.
 * @example
 * for await (const {step, full} of readSamples('run.ndjson')) console.log(step, full.trace.value);
 */
export function readSamples(path: string): AsyncGenerator<HessianSample, void> {
  check('The path', filePath, path);
  return samplesOf(path);
}

async function* samplesOf(path: string): AsyncGenerator<HessianSample, void> {
  let number = 0;
  for await (const {text, hasEnd} of lines(path)) {
    number++;
    if (text.trim() === '') continue;
    let sample: HessianSample;
    try {
      sample = parseSample(text);
    } catch (error) {
      if (!hasEnd && beginsAsSample(text)) return;
      throw new InvalidArgumentError(`${path}, line ${number}: ${(error as Error).message}`, {cause: error});
    }
    yield sample;
  }
}

interface Line {
  readonly text: string;
  /** Whether a line break has followed. */
  readonly hasEnd: boolean;
}

async function* lines(path: string): AsyncGenerator<Line, void> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const [first, ...others] = chunk.split('\n');
      rest += first;
      for (const other of others) {
        yield {text: rest, hasEnd: true};
        rest = other;
      }
    }
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new InvalidArgumentError(`${path} cannot be read: ${reason}. Name a run that ndjson(path) has written.`, {
      cause: error,
    });
  }
  if (rest !== '') yield {text: rest, hasEnd: false};
}
