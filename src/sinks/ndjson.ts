import {check} from '../arguments/check.js';
import {LineFile} from './line-file.js';
import {beginsAsSample, isSampleLine, sampleLine} from './sample-line.js';
import type {Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

const argsOf = sinkArgs('ndjson()');

/**
 * A sink that writes each sample as a line of JSON. The line is on the disk before the next sample comes.
 *
 * A crash loses at most the line that is being written. An existing file is continued, also if its last line is torn.
 *
 * @throws InvalidArgumentError if the file cannot be opened or is not a run.
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
