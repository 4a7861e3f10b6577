import type {Observer} from 'rxjs';
import {optional} from 'valibot';
import {text, withMethods} from '../arguments/kinds.js';
import {isRecord, optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {TfjsHessianError} from '../errors.js';
import type {HessianSample, SampleFailure} from '../streams/hessian-sample.js';
import type {NoteTaker} from '../streams/notes-channel.js';
import {onNote} from '../streams/notes-channel.js';
import type {TrainingNote} from '../streams/training-note.js';

/** Options of every sink. */
export interface SinkArgs {
  /**
   * Receives the samples that could not be written: `failures$` of a callback, or a `Subject`. Default: messages on standard
   * error.
   */
  readonly failures$?: Pick<Observer<SampleFailure>, 'next'>;
}

/**
 * The options that all sinks share.
 *
 * @param owner the name of the sink in error messages.
 */
export function sinkArgs(owner: string) {
  return optionsOf<SinkArgs>(owner)({
    failures$: optional(
      withMethods<NonNullable<SinkArgs['failures$']>>(
        ['next'],
        'the failures$ of a HessianSpectrumCallback, or a Subject',
      ),
    ),
  });
}

export const filePath = text('the name of a file');

/** Reports an error that is not of the sample being written. `what` follows the name of the sink; "could not write". */
export type Fail = (error: unknown, what?: string) => void;

/** What a writer reports when its file was removed or replaced by somebody else and it has made a new one. */
export const newFile = [
  'the former one was removed or replaced while it was written.',
  'writes to a new file',
] as const;

const WAY_OUT = 'Subscribe it to the samples of a HessianSpectrumCallback: curvature.samples$.subscribe(sink).';

/** Whether a value has the parts of a sample. Which values they have is not checked. */
function isSample(value: unknown): value is HessianSample {
  return isRecord(value) && 'full' in value && 'layers' in value;
}

/** Receives a stream of samples: `curvature.samples$.subscribe(sink)`. */
export interface Sink extends Observer<HessianSample> {
  /** Resolves when the stream has ended and everything is written. */
  readonly closed: Promise<void>;
}

/** Writes samples; may throw. */
export interface SampleWriter {
  write(sample: HessianSample): void;
  /** Writes what a training tells beside its samples; a writer without it leaves that out. */
  note?(note: TrainingNote): void;
  /** Called once at the end of the stream. May return a promise and continue. */
  close(): void | Promise<void>;
}

/**
 * Makes a sink from a writer. Errors of the writer are reported and do not disturb the stream.
 *
 * @param name the name of the sink in messages.
 * @param open makes the writer; may throw.
 */
export function makeSink(name: string, {failures$}: SinkArgs, open: (fail: Fail) => SampleWriter): Sink & NoteTaker {
  const moment = {epoch: 0, batch: null as number | null, step: 0};
  let isOpen = true;
  let isFailing = false;
  const fail: Fail = (cause, what = 'could not write') => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new TfjsHessianError(`${name} ${what}: ${reason}`, {cause});
    if (failures$ !== undefined) failures$.next({error, ...moment});
    // Of consecutive failures, only the first is printed.
    else if (!isFailing) console.error(`tfjs-hessian: ${error.message}`);
    isFailing = true;
  };
  const writer = open(fail);
  let resolveClosed = () => {};
  const closed = new Promise<void>(resolve => {
    resolveClosed = resolve;
  });
  const finish = async () => {
    try {
      // If the writer closes synchronously, its error is reported synchronously.
      const closing = writer.close();
      if (closing !== undefined) await closing;
    } catch (error) {
      fail(error);
    }
    resolveClosed();
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    void finish();
  };
  return {
    closed,
    next(sample) {
      if (!isSample(sample)) {
        fail(`${show(sample)}. ${WAY_OUT}`, 'could not write what is no sample');
        return;
      }
      Object.assign(moment, {epoch: sample.epoch, batch: sample.batch, step: sample.step});
      try {
        if (!isOpen) throw new TfjsHessianError('its stream has ended; make a new one.');
        writer.write(sample);
        isFailing = false;
      } catch (error) {
        fail(error, `could not write sample ${sample.index} of run ${sample.run}`);
      }
    },
    error(error) {
      fail(error, 'ends, since its stream failed');
      close();
    },
    complete: close,
    [onNote](note) {
      try {
        if (isOpen) writer.note?.(note);
      } catch (error) {
        // The report of a failure is a note too.
        if (note.kind !== 'failure') fail(error, `could not write ${note.kind}`);
      }
    },
  };
}
