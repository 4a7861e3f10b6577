import type {Observer} from 'rxjs';
import {optionsOf} from '../arguments/options.js';
import type {PenaltyPoint} from '../regularizers/penalty-stream.js';
import type {Fail, Sink, SinkArgs} from '../sinks/sink.js';
import {makeSink, sinkArgs} from '../sinks/sink.js';
import type {NoteTaker} from '../streams/notes-channel.js';
import {onNote} from '../streams/notes-channel.js';
import type {TrainingNote} from '../streams/training-note.js';
import type {PlaceArgs} from './server/page-server.js';
import {placeEntries} from './server/page-server.js';
import {PageThread} from './server/page-thread.js';

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
 * A thread of its own keeps the numbers and serves the page, so that the page answers and shows each sample at once also while
 * the training blocks this thread. If that thread fails, a message or `failures$` says so, and the training continues.
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
  let fail: Fail = () => {};
  const thread = await PageThread.open(place, (error, what) => fail(error, what));
  const end = async () => {
    if (!thread.isGone) thread.tell({kind: 'end'});
    await thread.settled();
  };
  const sink = makeSink('dashboard()', failures$ === undefined ? {} : {failures$}, report => {
    fail = report;
    return {
      write: sample => thread.tell({kind: 'sample', sample}),
      note: note => thread.tell({kind: 'note', note}),
      close: end,
    };
  });
  const penalty: Observer<PenaltyPoint> = {
    next(point) {
      // There is one in each step; that the thread has failed is told once.
      if (thread.isGone) return;
      try {
        thread.tell({kind: 'penalty', point});
      } catch (error) {
        fail(error, 'could not write penalty');
      }
    },
    error: () => {},
    complete: () => {},
  };
  let resolveClosed = () => {};
  const closed = new Promise<void>(resolve => {
    resolveClosed = resolve;
  });
  const made: Dashboard & NoteTaker = {
    url: thread.url,
    penalty,
    closed,
    next: sample => sink.next(sample),
    [onNote]: (note: TrainingNote) => sink[onNote](note),
    error(error) {
      sink.error(error);
      sink.closed.then(resolveClosed);
    },
    complete() {
      // Another stream may follow.
      end().catch(fail).then(resolveClosed);
    },
    async close() {
      sink.complete();
      await thread.close();
      resolveClosed();
    },
  };
  return made;
}
