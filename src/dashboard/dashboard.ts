import type {Observer} from 'rxjs';
import {optionsOf} from '../arguments/options.js';
import type {PenaltyPoint} from '../regularizers/penalty-stream.js';
import type {Sink, SinkArgs} from '../sinks/sink.js';
import {makeSink, sinkArgs} from '../sinks/sink.js';
import type {NoteTaker} from '../streams/notes-channel.js';
import {onNote} from '../streams/notes-channel.js';
import type {TrainingNote} from '../streams/training-note.js';
import {RunBook} from './runs/run-book.js';
import type {PlaceArgs} from './server/page-server.js';
import {placeEntries, servePage} from './server/page-server.js';

/** Options of `dashboard`. */
export interface DashboardArgs extends SinkArgs, PlaceArgs {}

const dashboardArgs = optionsOf<DashboardArgs>('dashboard()')({
  ...sinkArgs('dashboard()').entries,
  ...placeEntries,
});

/** A page that shows the samples of a stream as they arrive. */
export interface Dashboard extends Sink {
  /** The URL of the page, with the token that it requires. */
  readonly url: string;
  /** Receives the penalties of a regularizer: `attached.penalty$.subscribe(page.penalty)`. */
  readonly penalty: Observer<PenaltyPoint>;
  /** Stops the server. */
  close(): Promise<void>;
}

/**
 * Serves a page that follows trainings live: the spectra of each layer, traces, largest eigenvalues and the other numbers of
 * a sample.
 *
 * Subscribed to a callback's `samples$`, also behind operators, it shows the samples that failed and the logs of `fit` too.
 *
 * By default only this machine can open it. Any number of streams may go to one page, one after the other or at once. The
 * fits of a callback can be compared. The page does not keep the process alive; an open browser continues to show what it
 * has.
 *
 * @throws InvalidArgumentError if the port cannot be opened.
 * @example
 * const page = await dashboard({port: 0});
 * console.log(page.url);
 * curvature.samples$.subscribe(page);
 */
export async function dashboard(args?: DashboardArgs): Promise<Dashboard> {
  const {failures$, ...place} = dashboardArgs(args);
  const book = new RunBook();
  const sink = makeSink('dashboard()', failures$ === undefined ? {} : {failures$}, () => ({
    write: sample => book.add(sample),
    note: note => book.addNote(note),
    close: () => book.end(),
  }));
  const server = await servePage(book, place);
  server.unref();
  const penalty: Observer<PenaltyPoint> = {
    next: point => book.addPenalty(point),
    error: () => {},
    complete: () => {},
  };
  let resolveClosed = () => {};
  const closed = new Promise<void>(resolve => {
    resolveClosed = resolve;
  });
  const made: Dashboard & NoteTaker = {
    url: server.url,
    penalty,
    closed,
    next: sample => sink.next(sample),
    [onNote]: (note: TrainingNote) => sink[onNote](note),
    error(error) {
      sink.error(error);
      resolveClosed();
    },
    complete() {
      // Another stream may follow.
      book.end();
      resolveClosed();
    },
    async close() {
      sink.complete();
      resolveClosed();
      await server.close();
    },
  };
  return made;
}
