import {check} from '../arguments/check.js';
import {RunFile} from './run-file.js';
import type {Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

const argsOf = sinkArgs('ndjson()');

/**
 * A sink that writes each sample as a line of JSON. The line is on the disk before the next sample comes.
 *
 * A crash loses at most the line that is being written. An existing file is continued, also if its last line is torn. If the
 * file is removed or replaced while it is written, the next sample begins a new one, and `failures$` says so. A sample that
 * `readSamples` would refuse, such as one with a weight norm of Infinity, is a failure and is not written.
 *
 * @throws InvalidArgumentError if the file cannot be opened, is not a run, or is being written by another sink.
 * @example
 * curvature.samples$.subscribe(ndjson('run.ndjson', {failures$: curvature.failures$}));
 */
export function ndjson(path: string, args?: SinkArgs): Sink {
  check('The path', filePath, path);
  return makeSink(`ndjson(${JSON.stringify(path)})`, argsOf(args), fail => new RunFile(path, fail));
}
