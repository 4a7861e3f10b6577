import {check} from '../arguments/check.js';
import {LineFile} from './line-file.js';
import {beginsAsSample, isSampleLine, sampleLine} from './sample-line.js';
import type {Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

const argsOf = sinkArgs('ndjson()');

/**
 * Writes each sample as a line of JSON, which is on the disk before the next one comes. A crash at any time loses at most
 * the line that is being written; a file that exists is continued, also with a torn last line.
 *
 * @throws InvalidArgumentError where the file cannot be opened, or is no run.
 * @example
 * curvature.samples$.subscribe(ndjson('run.ndjson', {failures$: curvature.failures$}));
 */
export function ndjson(path: string, args?: SinkArgs): Sink {
  check('The path', filePath, path);
  return makeSink(`ndjson(${JSON.stringify(path)})`, argsOf(args), () => {
    const file = new LineFile(path, {
      kind: 'a run, which has a sample on each line',
      isOurs: (line, isTorn) => isSampleLine(line) || (isTorn && beginsAsSample(line)),
      isComplete: isSampleLine,
    });
    return {
      write: sample => file.append(`${sampleLine(sample)}\n`),
      close: () => file.close(),
    };
  });
}
