import type {Observable} from 'rxjs';
import type {TrainingNote} from './training-note.js';

/** The method of an observer that receives the notes of a training beside its samples. */
export const onNote = Symbol('onNote');

export interface NoteTaker {
  [onNote](note: TrainingNote): void;
}

const channels = new WeakMap<object, Observable<TrainingNote>>();

/** Makes the notes of a training available to those who subscribe to its samples. */
export function setNotes(samples$: Observable<unknown>, notes$: Observable<TrainingNote>): void {
  channels.set(samples$, notes$);
}

/** The notes beside a stream, also behind operators; `null` if it does not come from a callback. */
export function notesOf(stream$: Observable<unknown>): Observable<TrainingNote> | null {
  for (let each: Observable<unknown> | undefined = stream$; each; each = each.source) {
    const notes$ = channels.get(each);
    if (notes$ !== undefined) return notes$;
  }
  return null;
}

export function takesNotes(observer: object): observer is NoteTaker {
  return onNote in observer;
}
