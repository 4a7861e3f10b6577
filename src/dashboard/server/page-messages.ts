// The messages between the thread that trains and the thread of the page.
import type {PenaltyPoint} from '../../regularizers/penalty-stream.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import type {TrainingNote} from '../../streams/training-note.js';
import type {PageFiles} from './page-files.js';
import type {Place} from './page-server.js';

/** What the thread of the page is started with. */
export interface PageStart {
  readonly place: Place;
  readonly files: PageFiles;
  /** Of a `Backlog`. */
  readonly handled: SharedArrayBuffer;
}

/** What is new in a training. */
export type PageNews =
  | {readonly kind: 'sample'; readonly sample: HessianSample}
  | {readonly kind: 'note'; readonly note: TrainingNote}
  | {readonly kind: 'penalty'; readonly point: PenaltyPoint}
  /** No more will follow. */
  | {readonly kind: 'end'};

export type ToPage =
  | PageNews
  /** Is handled when open pages have received all that is new. */
  | {readonly kind: 'flush'}
  | {readonly kind: 'close'};

export type FromPage =
  | {readonly kind: 'open'; readonly url: string}
  /** The server could not be started. */
  | {readonly kind: 'refused'; readonly error: Error; readonly isInvalid: boolean}
  /** Something could not be shown; `what` is for `Fail`. */
  | {readonly kind: 'fault'; readonly what: string; readonly error: Error}
  /** Messages are handled. */
  | {readonly kind: 'handled'};
