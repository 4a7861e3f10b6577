import type {Observer} from 'rxjs';
import {check} from '../arguments/check.js';
import type {PenaltyPoint} from '../regularizers/penalty-stream.js';
import {onNote} from '../streams/notes-channel.js';
import {PenaltyNotes} from './penalty-notes.js';
import {RunFile} from './run-file.js';
import type {Sink, SinkArgs} from './sink.js';
import {filePath, makeSink, sinkArgs} from './sink.js';

const argsOf = sinkArgs('ndjson()');

/** A sink that also receives the penalties of a regularizer. */
export interface RunSink extends Sink {
  /** Receives the penalties of a regularizer: `attached.penalty$.subscribe(sink.penalty)`. */
  readonly penalty: Observer<PenaltyPoint>;
}

/**
 * A sink that writes each sample as a line of JSON. The line is on the disk before the next sample comes.
 *
 * Subscribed to a callback's `samples$`, also behind operators, it writes lines of their own for the samples that failed and
 * for the logs of `fit`; with `penalty`, also for penalties. `readNotes` reads these lines, and `readSamples` leaves them out.
 *
 * A crash loses at most the line that is being written, and the newest penalties. An existing file is continued, also if its
 * last line is torn. If the file is removed or replaced while it is written, the next sample begins a new one, and `failures$`
 * says so. A sample that `readSamples` would refuse, such as one with a weight norm of Infinity, is a failure and is not
 * written.
 *
 * @throws InvalidArgumentError if the file cannot be opened, is not a run, or is being written by another sink.
 * @example
 * curvature.samples$.subscribe(ndjson('run.ndjson', {failures$: curvature.failures$}));
 */
export function ndjson(path: string, args?: SinkArgs): RunSink {
  check('The path', filePath, path);
  const penalties = new PenaltyNotes();
  let isOpen = true;
  const sink = makeSink(`ndjson(${JSON.stringify(path)})`, argsOf(args), fail => {
    const opened = new RunFile(path, fail);
    return {
      write(sample) {
        for (const note of penalties.follow(sample)) opened.note(note);
        opened.write(sample);
      },
      note(note) {
        for (const earlier of penalties.follow(note)) opened.note(earlier);
        opened.note(note);
      },
      close() {
        isOpen = false;
        opened.close();
      },
    };
  });
  const penalty: Observer<PenaltyPoint> = {
    next(point) {
      // After the end of the samples there is nothing to which it belongs.
      for (const note of isOpen ? penalties.add(point) : []) sink[onNote](note);
    },
    error: () => {},
    complete: () => {},
  };
  return {...sink, penalty};
}
